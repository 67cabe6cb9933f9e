import type { ProfileName } from '../scenario/scenario.ts';
import type { KeyAlgorithm } from '../trustchain/keys.ts';
import type { NamePolicy } from '../trustchain/policy.ts';
import type { LogConfig } from './log-config.ts';

/**
 * All that a TrustChain process is told. Plain data: it crosses from the parent to the process.
 * Paths are absolute.
 */
export interface TrustchainConfig {
  /** Its own: CA keys, records, log, certificates. It exists; no other process writes there. */
  readonly dataDirectory: string;
  /** `genesis.json`: chain id, validators, requirements, plots (`readGenesisFile`). */
  readonly genesisFile: string;
  /**
   * Where TrustChain keeps `validators.json` for whoever checks its certificates: it writes the
   * file, since it alone knows the issuing key, and again after every change of membership.
   */
  readonly validatorsFile: string;
  /** Ed25519 key (PEM) of the node it is on the ledger: genesis holds its stake (`readKeyFile`). */
  readonly nodeKeyFile: string;
  /** HTTP endpoints of the HyperMesh nodes by replica, standbys last: `http://127.0.0.1:21000`. */
  readonly nodes: readonly string[];
  /** Address to listen on, for HTTP and DNS. */
  readonly host: string;
  /** 0: any free one. */
  readonly httpPort: number;
  /** UDP and TCP; 0: any free one. */
  readonly dnsPort: number;
  /** How patient its client of HyperMesh is. */
  readonly profile: ProfileName;
  /** The cluster's live page, which `GET /` leads to; absent: there is none. */
  readonly pageUrl?: string;
  /** Which names it takes; absent: those under `mesh`. */
  readonly policy?: NamePolicy;
  /** New requests of one address in a minute; absent: what the profile is thought for. */
  readonly requestsPerMinute?: number;
  /** Kind of the CA's keys where they are yet to be made; absent: P-256. The log's are P-256. */
  readonly algorithm?: KeyAlgorithm;
  /** File with the passphrase of the CA's keys; absent: they lie in the clear, mode 0600. */
  readonly passphraseFile?: string;
  readonly log: LogConfig;
}

/** A TrustChain that serves. */
export interface RunningTrustchain {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** `127.0.0.1:5353` */
  readonly dns: string;
  /** Answers what it has begun, refuses what is new, closes its files. Bounded. */
  stop(): Promise<void>;
}

import type { Digest } from '../base/digest.ts';
import type { Requirements } from '../proofs/request.ts';
import type { LoadPolicy } from './load.ts';

/** What every replica of a cluster starts from. Equal on all, or their state digests differ. */
export interface Genesis {
  /** Names the cluster in everything that is signed or proved, 64 hex. */
  readonly chainId: Digest;
  /** What a certificate operation must prove at the least. */
  readonly requirements: Requirements;
  /** For people: what the scale factors of this cluster's plots stand for. */
  readonly scaleNote: string;
  /** Public keys of the voting replicas, by index. */
  readonly validators: readonly Uint8Array[];
  /** Absent: nobody takes an isolated replica's place. */
  readonly succession?: Succession;
  readonly accounts: readonly GenesisAccount[];
  /** Plots the operator vouches for: their registration openings are not checked. */
  readonly plots: readonly GenesisPlot[];
  /** Agreed time before the first batch, milliseconds since 1970. */
  readonly startMs: number;
  /** A new beacon whenever agreed time enters another multiple of this. */
  readonly beaconEpochMs: number;
  /** How long after its lock ends a stake stays slashable; default one hour. */
  readonly evidenceWindowMs?: number;
  /** A plot must have passed the full challenge within so many beacon epochs; 0: never asked. */
  readonly attestationEpochs?: number;
  /** A plot counts only with a registered network position; absent: it need not have one. */
  readonly requirePosition?: boolean;
  /** How the work asked for follows demand; absent: always the profile's. */
  readonly load?: LoadPolicy;
}

/** Who follows on whom: standbys in the order of promotion, and the log's shape, which times it. */
export interface Succession {
  readonly standbys: readonly Uint8Array[];
  readonly checkpointInterval: number;
  readonly logWindow: number;
}

export interface GenesisAccount {
  /** Ed25519 public key of the holder, 32 bytes. */
  readonly nodeId: Uint8Array;
  /** Locked stake, in whole units. */
  readonly amount: number;
  /** Amount that may be transferred or locked later; default 0. */
  readonly free?: number;
  readonly lockedSinceMs: number;
  readonly lockedUntilMs: number;
  /** `*`, `*.suffix` or an exact name: what the holder may ask certificates for. */
  readonly namePatterns: readonly string[];
}

export interface GenesisPlot {
  readonly nodeId: Uint8Array;
  /** Merkle root of the kept row, 64 hex. */
  readonly root: Digest;
  readonly labels: number;
  readonly scaleFactor: number;
}

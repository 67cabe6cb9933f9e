import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProfileName } from '../scenario/scenario.ts';
import {
  type ClusterFile,
  dataFormat,
  readClusterFile,
  replaceFile,
  writeClusterFile,
} from './cluster-file.ts';
import { type FoundingAccount, foundCluster } from './found-cluster.ts';
import { formatGenesisFile } from './genesis-file.ts';
import { createKeyFile } from './key-file.ts';
import type { LogLevel } from './log-config.ts';
import { DaemonRefusal } from './refusal.ts';
import type { TrustchainConfig } from './trustchain-config.ts';

/** What a cluster is asked to be; left out: as the directory has it, or the default. */
export interface ClusterWishes {
  readonly replicas?: number;
  readonly standby?: number;
  readonly profile?: ProfileName;
  readonly fullProofs?: boolean;
  /** Who may ask besides TrustChain; only a new cluster can take them in. */
  readonly accounts: readonly FoundingAccount[];
}

/** A cluster on one machine is reached from there only. */
export const loopback = '127.0.0.1';

const defaults = { replicas: 4, standby: 0, profile: 'localhost', fullProofs: false } as const;

/**
 * The directory of a whole cluster on one machine:
 *
 *     cluster.json      format, size, profile, ports
 *     genesis.json      what all start from; a copy lies with every node
 *     validators.json   for `hypermesh verify`; TrustChain writes it
 *     node-0/ …         one directory per node: config, key, journal, log
 *     trustchain/       TrustChain's own
 *     lock/ pid         held while a process runs the cluster
 */
export class ClusterDirectory {
  readonly path: string;
  readonly file: ClusterFile;

  private constructor(path: string, file: ClusterFile) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens what is there, or makes it. Throws {@link DaemonRefusal} for a directory of something
   * else, of another format, or of a cluster that is not as wished.
   */
  static open(path: string, wishes: ClusterWishes, version: string): ClusterDirectory {
    const directory = resolve(path);
    const clusterJson = join(directory, 'cluster.json');
    if (!existsSync(clusterJson)) {
      refuseForeign(directory);
      create(directory, wishes, version);
    } else if (wishes.accounts.length > 0) {
      const message = `${path}: accounts can be added only when a cluster is made`;
      throw new DaemonRefusal('mismatch', `${message}; later, units are transferred to them`);
    }
    const file = readClusterFile(clusterJson);
    refuseOther(path, file, wishes);
    return new ClusterDirectory(directory, file);
  }

  get nodes(): number {
    return this.file.replicas + this.file.standby;
  }

  get genesisFile(): string {
    return join(this.path, 'genesis.json');
  }

  get validatorsFile(): string {
    return join(this.path, 'validators.json');
  }

  nodeDirectory(replica: number): string {
    return join(this.path, `node-${replica}`);
  }

  get trustchainDirectory(): string {
    return join(this.path, 'trustchain');
  }

  /** What TrustChain is told; it listens where `ports` say, on loopback. */
  trustchainConfig(
    nodes: readonly string[],
    ports: { readonly httpPort: number; readonly dnsPort: number },
    level: LogLevel,
  ): TrustchainConfig {
    return {
      dataDirectory: this.trustchainDirectory,
      genesisFile: this.genesisFile,
      validatorsFile: this.validatorsFile,
      nodeKeyFile: join(this.trustchainDirectory, 'node.key'),
      nodes,
      host: loopback,
      ...ports,
      profile: this.file.profile,
      log: { level, file: join(this.trustchainDirectory, 'trustchain.log') },
    };
  }

  /** Remembers where the processes listen now. */
  keepPorts(ports: ClusterFile['ports']): void {
    writeClusterFile(join(this.path, 'cluster.json'), { ...this.file, ports });
  }
}

/** A directory that holds other things is left alone. */
function refuseForeign(directory: string): void {
  let entries: readonly string[];
  try {
    entries = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    const message = `${directory}: found what cannot be read; allowed: a directory`;
    throw new DaemonRefusal('badInput', message, error);
  }
  if (entries.length === 0) return;
  const found = `found other files (${entries.slice(0, 3).join(', ')})`;
  const allowed = 'a directory that hypermesh made, an empty one, or none';
  throw new DaemonRefusal('badInput', `${directory}: ${found}; allowed: ${allowed}`);
}

/** All is made beside its place and moved there whole: no half of a cluster is ever found. */
function create(directory: string, wishes: ClusterWishes, version: string): void {
  const unfinished = `${directory}.unfinished-${process.pid}`;
  try {
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    fill(unfinished, wishes, version);
    renameSync(unfinished, directory);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (error instanceof DaemonRefusal) throw error;
    if (existsSync(join(directory, 'cluster.json'))) return; // somebody else was quicker
    const reason = error instanceof Error ? error.message : String(error);
    throw new DaemonRefusal('unavailable', `${directory}: cannot be made: ${reason}`, error);
  }
}

function fill(path: string, wishes: ClusterWishes, version: string): void {
  const { replicas, standby, profile, fullProofs } = { ...defaults, ...wishes };
  const keyIn = (directory: string) => {
    mkdirSync(join(path, directory), { mode: 0o700 });
    return createKeyFile(join(path, directory, 'node.key')).signer.publicKey;
  };
  const keys = Array.from({ length: replicas + standby }, (_, i) => keyIn(`node-${i}`));
  const own = { nodeId: keyIn('trustchain'), namePatterns: ['*'] };
  const genesis = foundCluster({
    profile,
    fullProofs,
    validators: keys.slice(0, replicas),
    standbys: keys.slice(replicas),
    accounts: [own, ...wishes.accounts],
    nowMs: Date.now(),
  });
  const text = formatGenesisFile(genesis);
  replaceFile(join(path, 'genesis.json'), text);
  for (let i = 0; i < keys.length; i++)
    writeFileSync(join(path, `node-${i}`, 'genesis.json'), text);
  writeClusterFile(join(path, 'cluster.json'), {
    format: dataFormat,
    made_by: `hypermesh ${version}`,
    replicas,
    standby,
    profile,
    full_proofs: fullProofs,
    ports: { mesh: [], http: [], trustchain: null, dns: null },
  });
}

function refuseOther(path: string, file: ClusterFile, wishes: ClusterWishes): void {
  const wanted: readonly (readonly [string, unknown, unknown])[] = [
    ['--replicas', wishes.replicas, file.replicas],
    ['--standby', wishes.standby, file.standby],
    ['--profile', wishes.profile, file.profile],
    ['--full-proofs', wishes.fullProofs, file.full_proofs],
  ];
  for (const [option, wish, held] of wanted) {
    if (wish === undefined || wish === held) continue;
    const message = `${path}: holds a cluster with ${option} ${held}, not ${wish}`;
    throw new DaemonRefusal('mismatch', `${message}; leave the option out, or use another --data`);
  }
}

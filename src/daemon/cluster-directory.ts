import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProfileName } from '../scenario/scenario.ts';
import { localPolicy } from '../trustchain/policy.ts';
import { type ClusterFile, readClusterFile, writeClusterFile } from './cluster-file.ts';
import type { ClusterPorts } from './cluster-ports.ts';
import type { FoundingAccount } from './found-cluster.ts';
import { foundDirectory } from './found-directory.ts';
import type { LogLevel } from './log-config.ts';
import { loopback } from './ports.ts';
import { DaemonRefusal } from './refusal.ts';
import type { TrustchainConfig } from './trustchain-config.ts';

/** What a cluster is asked to be; left out: as the directory has it, or the default. */
export interface ClusterWishes {
  readonly replicas?: number;
  readonly standby?: number;
  readonly profile?: ProfileName;
  readonly fullProofs?: boolean;
  /** Machines of the nodes, by replica; given, the cluster is for several machines. */
  readonly hosts?: readonly string[];
  /** Who may ask besides TrustChain; only a new cluster can take them in. */
  readonly accounts: readonly FoundingAccount[];
}

/**
 * The directory of a whole cluster on one machine:
 *
 *     cluster.json      format, size, profile, ports
 *     genesis.json      what all start from; a copy lies with every node
 *     validators.json   for `hypermesh verify`; TrustChain writes it
 *     node-0/ …         one directory per node: config, key, journal, log
 *     trustchain/       TrustChain's own
 *     cache/            compiled code, may be removed
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
      foundDirectory(directory, wishes, version);
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

  /** Compiled code of the processes; may be removed at any time. */
  get cacheDirectory(): string {
    return join(this.path, 'cache');
  }

  get trustchainKeyFile(): string {
    return join(this.trustchainDirectory, 'node.key');
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
      nodeKeyFile: this.trustchainKeyFile,
      nodes,
      host: loopback,
      ...ports,
      profile: this.file.profile,
      ...(this.file.profile === 'localhost' && { policy: localPolicy }),
      log: { level, file: join(this.trustchainDirectory, 'trustchain.log') },
    };
  }

  /** Remembers where the processes listen now. */
  keepPorts({ mesh, http, ...others }: ClusterPorts): void {
    const ports = { mesh: [...mesh], http: [...http], ...others };
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

function refuseOther(path: string, file: ClusterFile, wishes: ClusterWishes): void {
  const wanted: readonly (readonly [string, unknown, unknown])[] = [
    ['--replicas', wishes.replicas, file.replicas],
    ['--standby', wishes.standby, file.standby],
    ['--profile', wishes.profile, file.profile],
    ['--full-proofs', wishes.fullProofs, file.full_proofs],
    ['--hosts', wishes.hosts?.join(), file.hosts.join()],
  ];
  for (const [option, wish, held] of wanted) {
    if (wish === undefined || wish === held) continue;
    const message = `${path}: holds a cluster with ${option} ${held}, not ${wish}`;
    throw new DaemonRefusal('mismatch', `${message}; leave the option out, or use another --data`);
  }
}

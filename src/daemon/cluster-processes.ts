import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import type { ClusterDirectory } from './cluster-directory.ts';
import type { ClusterPorts } from './cluster-ports.ts';
import { readKeyFile } from './key-file.ts';
import type { LiveSettled } from './live.ts';
import type { LogLevel } from './log-config.ts';
import { type NodeProcessConfig, type NodeUp, writeNodeConfigs } from './node-seat.ts';
import { loopback } from './ports.ts';
import { Supervised } from './supervised.ts';
import type { RunningTrustchain, TrustchainConfig } from './trustchain-config.ts';

/** What TrustChain's process says when it is up. */
export type TrustchainUp = Pick<RunningTrustchain, 'url' | 'dns'>;

export type NodeProcess = Supervised<NodeProcessConfig, NodeUp>;
export type TrustchainProcess = Supervised<TrustchainConfig, TrustchainUp>;

export interface ProcessOptions {
  readonly directory: ClusterDirectory;
  readonly logLevel: LogLevel;
  readonly log: Logger;
  readonly onNotice: (text: string) => void;
  /** Links of the nodes can be cut on command. */
  readonly injectFaults: boolean;
  readonly onNodeUp: (replica: number) => void;
  readonly onSettled: (settled: LiveSettled) => void;
  /** What `GET /` of TrustChain leads to. */
  readonly pageUrl: string;
}

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** A process for every node, by replica, none started; their configs are written. */
export function nodeProcesses(
  { directory, logLevel, log, onNotice, injectFaults, onNodeUp }: ProcessOptions,
  ports: ClusterPorts,
): readonly NodeProcess[] {
  const entry = new URL(`./node-process.${extension}`, import.meta.url);
  const places = ports.mesh.map((meshPort, replica) => {
    return { host: loopback, meshPort, httpPort: ports.http[replica] ?? 0 };
  });
  const { cacheDirectory } = directory;
  const directoryOf = (replica: number) => directory.nodeDirectory(replica);
  const trustchain = readKeyFile(directory.trustchainKeyFile).signer.publicKey;
  // All nodes share this machine: where each can have a core for it, a thread of its own helps.
  const checkThreads = Math.floor(availableParallelism() / places.length);
  const settings = { level: logLevel, unlimited: [trustchain], checkThreads };
  return writeNodeConfigs(directoryOf, places, settings).map((configFile, replica) => {
    const config = { configFile, injectFaults };
    const onUp = () => onNodeUp(replica);
    const name = `node ${replica}`;
    return new Supervised({ name, entry, config, cacheDirectory, log, onNotice, onUp });
  });
}

/** The process of TrustChain, not started. */
export function trustchainProcess(
  { directory, logLevel, log, onNotice, onSettled, pageUrl }: ProcessOptions,
  nodes: readonly string[],
  { trustchain, dns }: ClusterPorts,
): TrustchainProcess {
  const entry = new URL(`./trustchain-process.${extension}`, import.meta.url);
  const ports = { httpPort: trustchain, dnsPort: dns };
  const config = { ...directory.trustchainConfig(nodes, ports, logLevel), pageUrl };
  const { cacheDirectory } = directory;
  const name = 'TrustChain';
  return new Supervised({ name, entry, config, cacheDirectory, log, onNotice, onSettled });
}

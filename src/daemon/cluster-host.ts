import { join } from 'node:path';
import type { Logger } from 'pino';
import { type ClusterDirectory, loopback } from './cluster-directory.ts';
import type { ClusterFile } from './cluster-file.ts';
import { DataLock } from './data-lock.ts';
import { openLog } from './log.ts';
import type { LogLevel } from './log-config.ts';
import { type NodeProcessConfig, type NodeUp, writeNodeConfigs } from './node-seat.ts';
import { choosePorts, requirePorts } from './ports.ts';
import { Stopping } from './stopping.ts';
import { Supervised } from './supervised.ts';

export interface ClusterHostOptions {
  readonly directory: ClusterDirectory;
  /** TrustChain's port; the nodes have the following ones. null: free ones, kept for next time. */
  readonly httpPort: number | null;
  readonly logLevel: LogLevel;
  /** Told what happens to processes, in words. */
  readonly onNotice: (text: string) => void;
}

/** A cluster that serves. */
export interface RunningCluster {
  /** HTTP endpoints by replica, standbys last. */
  readonly nodes: readonly string[];
  readonly validatorsFile: string;
  /** Of the node processes by replica, as they are now. */
  pids(): readonly (number | null)[];
  /** Everything answered, every process gone. */
  stop(): Promise<void>;
}

type NodeProcess = Supervised<NodeProcessConfig, NodeUp>;

/**
 * Starts every process of a cluster and keeps them running. Throws what keeps one of them from
 * starting, with nothing left running.
 */
export async function startCluster(options: ClusterHostOptions): Promise<RunningCluster> {
  const { directory, logLevel } = options;
  const stopping = new Stopping();
  try {
    const lock = await DataLock.acquire(directory.path, 0);
    stopping.add(() => lock.release());
    const ports = await portsOf(directory, options.httpPort);
    directory.keepPorts(ports);
    const log = openLog('cluster', { level: logLevel, file: join(directory.path, 'cluster.log') });
    const processes = nodeProcesses(options, ports, log);
    stopping.add(() => stopNodes(processes));
    await Promise.all(processes.map((one) => one.start()));
    return {
      nodes: ports.http.map((port) => `http://${loopback}:${port}`),
      validatorsFile: directory.validatorsFile,
      pids: () => processes.map(({ pid }) => pid),
      stop: () => stopping.run(),
    };
  } catch (error) {
    await stopping.run();
    throw error;
  }
}

type Ports = ClusterFile['ports'];

async function portsOf(directory: ClusterDirectory, httpPort: number | null): Promise<Ports> {
  const { nodes } = directory;
  const kept = directory.file.ports;
  if (httpPort !== null) {
    const [trustchain = httpPort, ...http] = await requirePorts(loopback, httpPort, nodes + 1);
    const wanted = [...kept.mesh, kept.dns ?? 0].filter(
      (port) => port < httpPort || port > httpPort + nodes,
    );
    const others = await choosePorts(loopback, nodes + 1, wanted);
    return { mesh: others.slice(0, nodes), http, trustchain, dns: others[nodes] ?? null };
  }
  const wanted = [...kept.mesh, ...kept.http, kept.trustchain ?? 0, kept.dns ?? 0];
  const chosen = await choosePorts(loopback, 2 * nodes + 2, wanted);
  return {
    mesh: chosen.slice(0, nodes),
    http: chosen.slice(nodes, 2 * nodes),
    trustchain: chosen[2 * nodes] ?? null,
    dns: chosen[2 * nodes + 1] ?? null,
  };
}

function nodeProcesses(
  { directory, logLevel, onNotice }: ClusterHostOptions,
  ports: Ports,
  log: Logger,
): readonly NodeProcess[] {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = new URL(`./node-process.${extension}`, import.meta.url);
  return writeNodeConfigs(directory, ports, logLevel).map((configFile, replica) => {
    const config = { configFile };
    return new Supervised({ name: `node ${replica}`, entry, config, log, onNotice });
  });
}

/** All stay in consensus until the last has answered what it had begun. */
async function stopNodes(processes: readonly NodeProcess[]): Promise<void> {
  await Promise.all(processes.map((one) => one.drain()));
  await Promise.all(processes.map((one) => one.stop()));
}

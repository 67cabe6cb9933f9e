import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { toHex } from '../base/bytes.ts';
import { Random } from '../base/random.ts';
import { maxFaulty } from '../pbft/quorum.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import { Chaos } from './chaos.ts';
import type { ClusterDirectory } from './cluster-directory.ts';
import { portsOf } from './cluster-ports.ts';
import { type NodeProcess, nodeProcesses, trustchainProcess } from './cluster-processes.ts';
import { DataLock } from './data-lock.ts';
import { LiveHost } from './live-host.ts';
import { openLog } from './log.ts';
import type { LogLevel } from './log-config.ts';
import { loopback } from './ports.ts';
import { untilReady } from './ready.ts';
import { DaemonRefusal } from './refusal.ts';
import { Stopping } from './stopping.ts';

export interface ClusterHostOptions {
  readonly directory: ClusterDirectory;
  /** TrustChain's port; the nodes have the following ones. null: free ones, kept for next time. */
  readonly httpPort: number | null;
  readonly logLevel: LogLevel;
  /** The live page as HTML. */
  readonly page: string;
  /** Let the page inject faults. */
  readonly chaos: boolean;
  /** Hurt nodes at random, never more than f at once. */
  readonly chaosMonkey: boolean;
  /** Told what happens to processes, in words. */
  readonly onNotice: (text: string) => void;
  /** Told how far the start is, in words. */
  readonly onProgress: (text: string) => void;
  /** Aborted while the cluster starts: everything is stopped again. */
  readonly signal: AbortSignal;
}

/** A cluster that serves. */
export interface RunningCluster {
  /** TrustChain's HTTP endpoint. */
  readonly trustchain: string;
  /** HTTP endpoints by replica, standbys last. */
  readonly nodes: readonly string[];
  /** `127.0.0.1:5353`, UDP and TCP. */
  readonly dns: string;
  /** The live page. */
  readonly page: string;
  readonly validatorsFile: string;
  /** Of the node processes by replica, as they are now. */
  pids(): readonly (number | null)[];
  trustchainPid(): number | null;
  /** Everything answered, every process gone. */
  stop(): Promise<void>;
}

/**
 * Starts every process of a cluster and keeps them running. Throws what keeps one of them from
 * starting, with nothing left running; null when it was told to stop before that.
 */
export async function startCluster(options: ClusterHostOptions): Promise<RunningCluster | null> {
  const { directory, signal } = options;
  if (directory.file.hosts.length > 0) throw forOtherMachines(directory);
  const stopping = new Stopping();
  const abort = () => void stopping.run().catch(() => undefined); // thrown where it is awaited
  try {
    const cluster = await start(options, stopping, abort);
    if (!signal.aborted) return cluster;
    await stopping.run();
    return null;
  } catch (error) {
    await stopping.run();
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function forOtherMachines({ path, file }: ClusterDirectory): DaemonRefusal {
  const message = `${path}: holds a cluster for other machines (${file.hosts.join(', ')})`;
  const way = 'copy each node directory to its machine, hypermesh node --config node.yaml runs it';
  return new DaemonRefusal('mismatch', `${message}; ${way}`);
}

async function start(
  options: ClusterHostOptions,
  stopping: Stopping,
  abort: () => void,
): Promise<RunningCluster> {
  const { directory, logLevel, signal } = options;
  const lock = await DataLock.acquire(directory.path, 0);
  stopping.add(() => lock.release());
  const ports = await portsOf(directory, options.httpPort);
  directory.keepPorts(ports);
  const log = openLog('cluster', { level: logLevel, file: join(directory.path, 'cluster.log') });
  const live = new LiveHost();
  stopping.add(() => live.stop());
  const onNotice = (text: string) => {
    live.notice(text);
    options.onNotice(text);
  };
  const made = {
    ...{ directory, logLevel, log, onNotice },
    injectFaults: options.chaos,
    onNodeUp: (replica: number) => live.returned(replica),
    onSettled: live.settled,
    pageUrl: `http://${loopback}:${ports.page}`,
  };
  const processes = nodeProcesses(made, ports);
  stopping.add(() => stopNodes(processes));
  signal.addEventListener('abort', abort);
  if (signal.aborted) throw new Error('stopped before it started');
  const nodes = await startNodes(processes, directory.file.replicas, options);
  const trustchain = trustchainProcess(made, nodes, ports);
  stopping.add(() => trustchain.stop());
  if (signal.aborted) throw new Error('stopped before it started');
  options.onProgress('TrustChain starts');
  const { url, dns } = await trustchain.start();
  options.onProgress('TrustChain enrols with the cluster');
  await untilReady([url], signal);
  const { page, chaos } = options;
  const place = { directory, nodes, trustchain: url, page, port: ports.page, chaos };
  const pageUrl = await live.start(place, processes);
  if (options.chaosMonkey) {
    const monkey = chaosFor({ directory, onNotice }, processes);
    stopping.add(() => monkey.stop());
    monkey.start();
  }
  return {
    trustchain: url,
    nodes,
    dns,
    page: pageUrl,
    validatorsFile: directory.validatorsFile,
    pids: () => processes.map(({ pid }) => pid),
    trustchainPid: () => trustchain.pid,
    stop: () => stopping.run(),
  };
}

/** Resolves to their HTTP endpoints once each of them sees a quorum, or all but f do. */
async function startNodes(
  processes: readonly NodeProcess[],
  voting: number,
  { onProgress, signal }: ClusterHostOptions,
): Promise<readonly string[]> {
  const all = processes.length;
  let up = 0;
  onProgress(`0 of ${all} nodes up`);
  const starting = processes.map(async (one) => {
    const { url } = await one.start();
    onProgress(`${++up} of ${all} nodes up`);
    return url;
  });
  const urls = await Promise.all(starting);
  const seen = (ready: number) => onProgress(`${ready} of ${all} nodes see a quorum`);
  await untilReady(urls, signal, all - maxFaulty(voting), seen);
  return urls;
}

function chaosFor(
  { directory, onNotice }: Pick<ClusterHostOptions, 'directory' | 'onNotice'>,
  processes: readonly NodeProcess[],
): Chaos {
  return new Chaos({
    // A standby has no vote to lose: who votes is what f speaks of.
    victims: processes.slice(0, directory.file.replicas),
    atOnce: maxFaulty(directory.file.replicas),
    random: new Random(toHex(randomBytes(16))),
    timers: systemTimers,
    signal: (pid, signal) => process.kill(pid, signal),
    onNotice,
  });
}

/** All stay in consensus until the last has answered what it had begun. */
async function stopNodes(processes: readonly NodeProcess[]): Promise<void> {
  await Promise.all(processes.map((one) => one.drain()));
  await Promise.all(processes.map((one) => one.stop()));
}

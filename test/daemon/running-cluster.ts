import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isAlive, until } from './waiting.ts';

const launcher = fileURLToPath(new URL('../../scripts/hypermesh.js', import.meta.url));

/** What a command wrote and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  /** What it wrote so far. */
  readonly written: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

/** Starts the command as its users do. */
export function hypermesh(...args: readonly string[]): Started {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    ...written,
  }));
  return { process: child, written, ended };
}

/** The line of `hypermesh cluster --json`. */
export interface ClusterLine {
  readonly trustchain: string;
  readonly nodes: readonly string[];
  readonly dns: string;
  readonly validators: string;
  readonly pids: readonly number[];
  readonly trustchain_pid: number;
}

export interface RunningCluster extends Started {
  readonly line: ClusterLine;
  /** SIGTERM, to the end. */
  stop(): Promise<Ended>;
}

/** Ends it whatever state it is in, to the last process. */
export async function endAll(cluster: RunningCluster | undefined): Promise<void> {
  if (cluster === undefined) return;
  cluster.process.kill('SIGKILL');
  await cluster.ended;
  await until(() => !cluster.line.pids.some(isAlive));
}

/** A cluster that said it is ready; throws what it said when it ends instead. */
export async function clusterIn(
  directory: string,
  ...args: readonly string[]
): Promise<RunningCluster> {
  const started = hypermesh('cluster', '--data', directory, '--json', ...args);
  const { written, ended } = started;
  const { promise, resolve } = Promise.withResolvers<void>();
  started.process.stdout?.on('data', () => {
    if (written.stdout.includes('\n')) resolve();
  });
  const over = await Promise.race([promise, ended]);
  if (over !== undefined) throw new Error(`exit ${over.code}: ${over.stderr}`);
  return {
    ...started,
    line: JSON.parse(written.stdout) as ClusterLine,
    stop() {
      started.process.kill('SIGTERM');
      return ended;
    },
  };
}

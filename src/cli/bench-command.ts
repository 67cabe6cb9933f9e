import type { BenchPlan } from '../cluster/bench/plan.ts';
import type { BenchResult } from '../cluster/bench/result.ts';
import type { BenchHooks, BenchProgress } from '../cluster/bench/run.ts';
import { formatBench, formatProfile } from '../report/bench.ts';
import { makePaint } from '../report/paint.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { wrongUsage } from './failure.ts';
import type { Interruption } from './interruption.ts';
import { ProgressLine } from './progress-line.ts';
import { openSink } from './sink.ts';
import type { Terminal } from './terminal.ts';

export interface BenchCommandOptions {
  readonly replicas: number;
  readonly clients: number;
  readonly via: BenchPlan['via'];
  readonly links: number;
  /** Milliseconds. */
  readonly for: number;
  readonly warmUp: number;
  /** Per second. */
  readonly rate?: number;
  /** Bytes of an operation that is only ordered. */
  readonly opaque?: number;
  readonly requestBatch: number;
  readonly storage: BenchPlan['storage'];
  readonly seed: number;
  /** A file, or `-` for stdout. */
  readonly json?: string;
  readonly profile?: boolean;
}

export interface BenchWorld {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly nowMs: () => number;
}

export type RunBench = (plan: BenchPlan, hooks: BenchHooks) => Promise<BenchResult | null>;

const loadBench = async (): Promise<RunBench> => (await import('../cluster/bench/run.ts')).runBench;

/** Measures the real cluster and tells what came of it. Returns the exit code. */
export async function benchCommand(
  options: BenchCommandOptions,
  world: BenchWorld,
  load: () => Promise<RunBench> = loadBench,
): Promise<ExitCode> {
  const { terminal, interruption } = world;
  if (options.via === 'http' && options.opaque !== undefined) {
    throw wrongUsage('--via http: found --opaque too; allowed: validations, which a node takes');
  }
  const sink = options.json === undefined ? null : openSink('--json', options.json, terminal);
  const progress = new ProgressLine(terminal, world.nowMs);
  let result: BenchResult | null;
  try {
    const runBench = await load();
    const onProgress = progressOf(options, progress);
    result = await runBench(planOf(options), { onProgress, signal: interruption.signal });
  } finally {
    progress.clear();
  }
  if (result === null) {
    terminal.err('interrupted before there was anything to measure\n');
    return interruption.exitCode ?? exitCodes.interrupted;
  }
  sink?.write(`${JSON.stringify(result)}\n`);
  sink?.close();
  const toErr = options.json === '-';
  const people = toErr ? terminal.err : terminal.out;
  const paint = makePaint(toErr ? terminal.colourErr : terminal.colourOut);
  people(`${formatBench(result, paint)}\n`);
  if (options.profile === true) people(`\n${formatProfile(result)}\n`);
  return interruption.exitCode ?? exitCodeOf(result);
}

/** A measurement without answers stalled; one with errors is not what it says. */
function exitCodeOf({ verifiedAnswers, errors }: BenchResult): ExitCode {
  if (verifiedAnswers === 0) return exitCodes.stalled;
  return errors === 0 ? exitCodes.passed : exitCodes.failed;
}

function planOf(options: BenchCommandOptions): BenchPlan {
  const { replicas, clients, via, rate, opaque, requestBatch, storage, seed } = options;
  return {
    replicas,
    clients,
    via,
    links: Math.min(clients, options.links),
    warmUpMs: options.warmUp,
    forMs: options.for,
    ratePerSecond: rate ?? null,
    work: opaque === undefined ? { type: 'validations' } : { type: 'opaque', sizeBytes: opaque },
    requestBatch: opaque === undefined ? requestBatch : 1,
    storage,
    seed,
  };
}

/** Only of the warm-up and the measurement is it known how long they take. */
function progressOf(
  { warmUp, for: forMs }: Pick<BenchCommandOptions, 'warmUp' | 'for'>,
  line: ProgressLine,
): (progress: BenchProgress) => void {
  let entered: Pick<BenchProgress, 'stage' | 'atMs'> = { stage: 'preparing', atMs: 0 };
  return ({ stage, atMs, answered }) => {
    if (stage !== entered.stage) entered = { stage, atMs };
    const before = { 'warming up': 0, measuring: warmUp };
    if (stage !== 'warming up' && stage !== 'measuring') {
      return line.draw(`${stage}  ${(atMs / 1000).toFixed(1)} s`);
    }
    const all = warmUp + forMs;
    const spentMs = Math.min(all, before[stage] + atMs - entered.atMs);
    const share = spentMs / all;
    line.show({ label: stage, share, done: answered, unit: 'answered', leftMs: all - spentMs });
  };
}

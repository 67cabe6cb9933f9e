import { type Stage, stages } from '../../runtime/meter.ts';
import type { MeterReading } from '../protocol.ts';
import type { LoadMeasured } from './load-protocol.ts';
import { type BenchPlan, type Via, workBits } from './plan.ts';
import { type ThreadKind, type ThreadTimes, threadKinds } from './thread-times.ts';
import type { Latencies } from './window.ts';
import { limitPerSecond, type Yardstick } from './yardstick.ts';

/** Stages, and what is left of a replica's busy time: links, timers, garbage. */
export type StageName = Stage | 'rest';
export const stageNames: readonly StageName[] = [...stages, 'rest'];

/** What one measurement gave: one line of `hypermesh bench --json`. */
export interface BenchResult {
  readonly replicas: number;
  readonly clients: number;
  /** Length of the window. */
  readonly seconds: number;
  readonly throughputPerSecond: number;
  readonly latencyMs: Latencies;
  /** What this machine could do at the most, by the yardstick of the same run. */
  readonly limitPerSecond: number;
  readonly shareOfLimit: number;
  readonly errors: number;
  readonly verifiedAnswers: number;
  /** Microseconds a request costs one replica, by the wall, in each stage. */
  readonly stages: Readonly<Record<StageName, number>>;
  readonly loop: 'closed' | 'open';
  readonly ratePerSecond: number | null;
  readonly work: 'validations' | 'opaque';
  readonly requestBytes: number;
  readonly workBits: number;
  /** Requests under one signature. */
  readonly requestBatch: number;
  readonly via: Via;
  readonly links: number;
  readonly storage: 'level' | 'memory';
  /** Interrupted: the window is shorter than asked for. */
  readonly partial: boolean;
  readonly errorsByReason: Readonly<Record<string, number>>;
  /** Operations that are ordered together, on average. */
  readonly meanBatch: number;
  /** CPU time of a request: on all replicas together, and on the clients; and what it leaves. */
  readonly cpuUsPerRequest: { readonly replicas: number; readonly clients: number };
  /** That of the replicas by kind of thread; zero where the system does not tell. */
  readonly cpuUsByThread: ThreadTimes;
  /** Cores that the cluster and its clients had, of those there are. */
  readonly coresUsed: number;
  readonly madeInWindow: number;
  readonly yardstick: Yardstick;
  readonly answeredPerTenth: readonly number[];
  /** Longest time in the window without an answer: how long a view change took, say. */
  readonly longestSilenceMs: number;
}

export interface Measured {
  readonly load: LoadMeasured;
  /** Of each replica that was up at both ends of the window. */
  readonly spent: readonly MeterReading[];
  readonly yardstick: Yardstick;
  readonly partial: boolean;
}

export function resultOf(plan: BenchPlan, measured: Measured): BenchResult {
  const { load, spent, yardstick, partial } = measured;
  const { replicas, clients, via, links, storage, ratePerSecond, work, requestBatch } = plan;
  const seconds = load.windowMs / 1000;
  const perSecond = seconds > 0 ? load.answered / seconds : 0;
  const limit = limitPerSecond(yardstick, replicas);
  const errors = Object.values(load.errors).reduce((sum, count) => sum + count, 0);
  const answered = Math.max(1, load.answered);
  const replicasCpuMs = spent.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  const { latencyMs } = load;
  return {
    replicas,
    clients,
    seconds: round(seconds, 3),
    throughputPerSecond: round(perSecond, 1),
    latencyMs: {
      p50: round(latencyMs.p50, 2),
      p90: round(latencyMs.p90, 2),
      p99: round(latencyMs.p99, 2),
      max: round(latencyMs.max, 2),
    },
    limitPerSecond: round(limit, 1),
    shareOfLimit: round(perSecond / limit, 4),
    errors,
    verifiedAnswers: load.verified,
    stages: stagesOf(spent, requestBatch),
    loop: ratePerSecond === null ? 'closed' : 'open',
    ratePerSecond,
    work: work.type,
    requestBytes: load.requestBytes,
    workBits: work.type === 'validations' ? workBits : 0,
    requestBatch,
    via,
    links,
    storage,
    partial,
    errorsByReason: load.errors,
    meanBatch: round(meanBatchOf(spent), 1),
    cpuUsPerRequest: {
      replicas: round((replicasCpuMs * 1000) / answered, 1),
      clients: round((load.cpuMs * 1000) / answered, 1),
    },
    cpuUsByThread: byThread((kind) => {
      const ms = spent.reduce((sum, { threadsMs }) => sum + threadsMs[kind], 0);
      return round((ms * 1000) / answered, 1);
    }),
    coresUsed: round((replicasCpuMs + load.cpuMs) / Math.max(1, load.windowMs), 2),
    madeInWindow: load.madeInWindow,
    yardstick,
    answeredPerTenth: load.answeredPerTenth,
    longestSilenceMs: round(load.longestSilenceMs, 1),
  };
}

/** The difference of two readings of one replica. */
export function spentBetween(from: MeterReading, to: MeterReading): MeterReading {
  const stagesMs = Object.fromEntries(
    stages.map((stage) => [stage, to.stagesMs[stage] - from.stagesMs[stage]]),
  ) as Record<Stage, number>;
  return {
    cpuMs: to.cpuMs - from.cpuMs,
    threadsMs: byThread((kind) => to.threadsMs[kind] - from.threadsMs[kind]),
    activeMs: to.activeMs - from.activeMs,
    stagesMs,
    batches: to.batches - from.batches,
    operations: to.operations - from.operations,
  };
}

function stagesOf(spent: readonly MeterReading[], requestBatch: number): Record<StageName, number> {
  const operations = spent.reduce((sum, reading) => sum + reading.operations, 0);
  const requests = Math.max(1, operations * requestBatch);
  const times = new Map<StageName, number>(stageNames.map((stage) => [stage, 0]));
  for (const { stagesMs, activeMs } of spent) {
    let rest = activeMs;
    for (const stage of stages) {
      times.set(stage, (times.get(stage) ?? 0) + stagesMs[stage]);
      rest -= stagesMs[stage];
    }
    times.set('rest', (times.get('rest') ?? 0) + Math.max(0, rest));
  }
  const inUs = [...times].map(([stage, ms]) => [stage, round((ms * 1000) / requests, 2)]);
  return Object.fromEntries(inUs) as Record<StageName, number>;
}

function byThread(of: (kind: ThreadKind) => number): ThreadTimes {
  return Object.fromEntries(threadKinds.map((kind) => [kind, of(kind)])) as Record<
    ThreadKind,
    number
  >;
}

function meanBatchOf(spent: readonly MeterReading[]): number {
  const batches = spent.reduce((sum, reading) => sum + reading.batches, 0);
  const operations = spent.reduce((sum, reading) => sum + reading.operations, 0);
  return batches === 0 ? 0 : operations / batches;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

import { ed25519 } from '../../base/signature.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { replicaAddress } from '../../runtime/ports.ts';
import { monotonicClock } from '../../runtime/system-clock.ts';
import { type Deployment, deploymentOf, servingIntervalMs } from '../../scenario/deployment.ts';
import { Fleet } from '../fleet.ts';
import type { MeterReading } from '../protocol.ts';
import { createRunDirectory, type RunDirectory } from '../run-directory.ts';
import { LoadChild } from './load-child.ts';
import {
  type Asking,
  type BenchPlan,
  benchRequirements,
  chainIdOf,
  scenarioOf,
  type Way,
} from './plan.ts';
import { type BenchResult, resultOf, spentBetween } from './result.ts';
import { limitPerSecond, meanOf, measureYardstick, type Yardstick } from './yardstick.ts';

export interface BenchProgress {
  readonly stage: 'preparing' | 'starting' | 'warming up' | 'stocking' | 'settling' | 'measuring';
  readonly atMs: number;
  readonly answered: number;
}

export interface BenchHooks {
  readonly onProgress?: (progress: BenchProgress) => void;
  /** A window is over. */
  readonly onResult?: (result: BenchResult) => void;
  /** Aborted: the window ends at once, and what it saw is the result. */
  readonly signal?: AbortSignal;
}

/** Requests are made ahead for a cluster that reaches this share of its limit, and no faster. */
const stockedShare = 0.4;
/** A lone client is answered in some milliseconds. */
const mostPerClient = 250;
/** Of some 3 KiB each. */
const maxStock = 60_000;
/** Between stocking, when nobody asks, and the window. */
const settleMs = 1000;
/**
 * Checkpoints as often as scenarios take them: since they write what changed, a rare one is only a
 * long one, on all replicas at once.
 */
const benchParameters = {
  checkpointInterval: 16,
  logWindow: 256,
  proposalIntervalMs: servingIntervalMs,
};
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Measures the real cluster: a process per replica over libp2p on loopback, journals on disk, and
 * one process for all clients. However it ends, no process and no file of it is left. null: it was
 * interrupted before there was anything to measure.
 */
export async function runBench(plan: BenchPlan, hooks: BenchHooks): Promise<BenchResult | null> {
  const [result] = await runSweep(plan, [{ ...plan, settleMs }], hooks);
  return result ?? null;
}

/**
 * As {@link runBench}, on one cluster that is warmed up once, in the first way, and then asked in
 * one after the other.
 */
export async function runSweep(
  plan: BenchPlan,
  ways: readonly Way[],
  hooks: BenchHooks,
): Promise<readonly BenchResult[]> {
  const directory = await createRunDirectory();
  const bench = new Bench(plan, hooks, directory);
  try {
    return await bench.play(ways);
  } finally {
    await bench.stop();
    await directory.remove();
  }
}

class Bench {
  private readonly plan: BenchPlan;
  private readonly hooks: BenchHooks;
  private readonly directory: RunDirectory;
  private readonly load: LoadChild;
  private fleet: Fleet | null = null;
  private readonly beganAtMs = monotonicClock.nowMs();
  private stage: BenchProgress['stage'] = 'preparing';
  private lost: Error | null = null;

  constructor(plan: BenchPlan, hooks: BenchHooks, directory: RunDirectory) {
    this.plan = plan;
    this.hooks = hooks;
    this.directory = directory;
    this.load = new LoadChild(({ answered }) => this.tell(answered));
  }

  async play(ways: readonly Way[]): Promise<readonly BenchResult[]> {
    this.enter('preparing');
    const before = measureYardstick(this.plan.requestBatch);
    const fleet = await this.start();
    const results: BenchResult[] = [];
    const [first] = ways;
    if (fleet === null || first === undefined) return results;
    await this.ask('warming up', first, this.plan.warmUpMs);
    for (const way of ways) {
      if (this.interrupted) break;
      this.enter('stocking');
      await this.load.ask({ type: 'stock', count: this.stockFor(before, way) }, 'stocked');
      await this.ask('settling', way, way.settleMs);
      if (this.interrupted) break;
      const { measured, spent } = await this.measure(fleet);
      const yardstick = meanOf(before, measureYardstick(this.plan.requestBatch));
      const partial = this.interrupted;
      const plan = { ...this.plan, ...way };
      const result = resultOf(plan, { load: measured, spent, yardstick, partial });
      results.push(result);
      this.hooks.onResult?.(result);
    }
    return results;
  }

  private async ask(stage: BenchProgress['stage'], asking: Asking, forMs: number): Promise<void> {
    this.enter(stage);
    const { clients, ratePerSecond } = asking;
    this.load.send({ type: 'go', asking: { clients, ratePerSecond } });
    await this.pause(forMs);
  }

  /** Until the cluster runs and the clients are linked to it; null when interrupted. */
  private async start(): Promise<Fleet | null> {
    const { plan, load } = this;
    const startMs = Date.now();
    const { accounts, plots } = await load.ask({ type: 'prepare', plan, startMs }, 'prepared');
    if (this.interrupted) return null;
    this.enter('starting');
    const deployment = benchDeployment(plan);
    const genesis: Genesis = {
      chainId: deployment.validators.chainId,
      requirements: benchRequirements,
      scaleNote: 'plots in full',
      validators: deployment.validators.publicKeys,
      accounts,
      plots,
      startMs,
      // Requests made ahead stay good; and no attestation of an epoch comes due in the window.
      beaconEpochMs: dayMs,
    };
    const fleet = this.makeFleet(deployment, genesis);
    this.fleet = fleet;
    await fleet.start();
    if (plan.kill?.atMs === null) await fleet.crash(plan.kill.replica);
    if (this.interrupted) return null;
    await fleet.go(Date.now());
    const up = fleet.ready.map(replicaAddress);
    const multiaddrs = new Map([...fleet.multiaddrs].filter(([address]) => up.includes(address)));
    const doors = fleet.urls;
    await load.ask({ type: 'connect', deployment, multiaddrs, doors }, 'connected');
    return fleet;
  }

  /** Leaves nothing running. */
  async stop(): Promise<void> {
    await this.load.stop();
    await this.fleet?.stop();
  }

  private async measure(fleet: Fleet) {
    const { plan, load } = this;
    const from = await fleet.read();
    load.send({ type: 'open' });
    this.enter('measuring');
    const killAtMs = plan.kill?.atMs ?? null;
    if (plan.kill !== undefined && killAtMs !== null) {
      const { replica } = plan.kill;
      await this.pause(killAtMs);
      await fleet.crash(replica);
      await this.pause(plan.forMs - killAtMs);
    } else {
      await this.pause(plan.forMs);
    }
    const to = await fleet.read();
    const { measured } = await load.ask({ type: 'close' }, 'measured');
    if (this.lost !== null) throw this.lost;
    return { measured, spent: differences(from, to) };
  }

  /** Operations that the window and what goes before it will want, as far as can be foreseen. */
  private stockFor(yardstick: Yardstick, { ratePerSecond, clients, settleMs }: Way): number {
    const { forMs, replicas, work, requestBatch } = this.plan;
    if (work.type === 'opaque') return 0;
    const share = stockedShare * limitPerSecond(yardstick, replicas);
    const foreseen = ratePerSecond ?? Math.min(share, clients * mostPerClient);
    const requests = Math.min(maxStock, (foreseen * (settleMs + forMs)) / 1000);
    return Math.ceil(requests / requestBatch);
  }

  private makeFleet(deployment: Deployment, genesis: Genesis): Fleet {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const withDoor = `./door-process.${extension}`;
    const program = this.plan.via === 'http' ? withDoor : `./replica-process.${extension}`;
    return new Fleet({
      scenario: scenarioOf(this.plan),
      deployment,
      genesis,
      directory: this.directory,
      entry: new URL(program, import.meta.url),
      onEvent: () => undefined,
      signal: this.hooks.signal,
      onLost: (replica, detail) => {
        this.lost ??= new Error(`replica ${replica} is gone: ${detail}`);
      },
      onMoved: () => undefined,
    });
  }

  private get interrupted(): boolean {
    return this.hooks.signal?.aborted ?? false;
  }

  private enter(stage: BenchProgress['stage']): void {
    this.stage = stage;
    this.tell(0);
  }

  private tell(answered: number): void {
    const atMs = Math.round(monotonicClock.nowMs() - this.beganAtMs);
    this.hooks.onProgress?.({ stage: this.stage, atMs, answered });
  }

  /** Ends early when the run is interrupted or a replica is lost. */
  private async pause(ms: number): Promise<void> {
    const untilMs = monotonicClock.nowMs() + ms;
    for (let left = ms; left > 0; left = untilMs - monotonicClock.nowMs()) {
      if (this.interrupted || this.lost !== null) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 50)));
    }
  }
}

function benchDeployment(plan: BenchPlan): Deployment {
  const { parameters, validators, standbys } = deploymentOf(scenarioOf(plan), ed25519);
  return {
    standbys,
    validators: { ...validators, chainId: chainIdOf(plan) },
    parameters: { ...parameters, ...benchParameters },
  };
}

function differences(
  from: readonly (MeterReading | null)[],
  to: readonly (MeterReading | null)[],
): readonly MeterReading[] {
  return to.flatMap((reading, replica) => {
    const before = from[replica] ?? null;
    return reading === null || before === null ? [] : [spentBetween(before, reading)];
  });
}

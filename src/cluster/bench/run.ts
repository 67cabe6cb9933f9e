import { ed25519 } from '../../base/signature.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { replicaAddress } from '../../runtime/ports.ts';
import { monotonicClock } from '../../runtime/system-clock.ts';
import { type Deployment, deploymentOf } from '../../scenario/deployment.ts';
import { Fleet } from '../fleet.ts';
import type { MeterReading } from '../protocol.ts';
import { createRunDirectory, type RunDirectory } from '../run-directory.ts';
import { LoadChild } from './load-child.ts';
import { type Asking, type BenchPlan, benchRequirements, chainIdOf, scenarioOf } from './plan.ts';
import { type BenchResult, resultOf, spentBetween } from './result.ts';
import { limitPerSecond, meanOf, measureYardstick, type Yardstick } from './yardstick.ts';

export interface BenchProgress {
  readonly stage: 'preparing' | 'starting' | 'stocking' | 'warming up' | 'measuring';
  readonly atMs: number;
  readonly answered: number;
}

export interface BenchHooks {
  readonly onProgress?: (progress: BenchProgress) => void;
  /** Aborted: the window ends at once, and what it saw is the result. */
  readonly signal?: AbortSignal;
}

/** Requests are made ahead for a cluster that reaches this share of its limit, and no faster. */
const stockedShare = 0.4;
/** A lone client is answered in some milliseconds. */
const mostPerClient = 250;
/** Of some 3 KiB each. */
const maxStock = 60_000;
/**
 * The paper's own (§4.3: K = 128, L = 2K): scenarios take checkpoints eight times as often, to have
 * some.
 */
const benchParameters = { checkpointInterval: 128, logWindow: 256 };
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Measures the real cluster: a process per replica over libp2p on loopback, journals on disk, and
 * one process for all clients. However it ends, no process and no file of it is left. null: it was
 * interrupted before there was anything to measure.
 */
export async function runBench(plan: BenchPlan, hooks: BenchHooks): Promise<BenchResult | null> {
  const [result] = await runSweep(plan, [plan], hooks);
  return result ?? null;
}

/** As {@link runBench}, on one cluster that is asked in one way after the other. */
export async function runSweep(
  plan: BenchPlan,
  ways: readonly Asking[],
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

  async play(ways: readonly Asking[]): Promise<readonly BenchResult[]> {
    this.enter('preparing');
    const before = measureYardstick(this.plan.requestBatch);
    const fleet = await this.start(before, ways);
    const results: BenchResult[] = [];
    for (const asking of fleet === null ? [] : ways) {
      this.enter('warming up');
      this.load.send({ type: 'go', asking });
      await this.pause(this.plan.warmUpMs);
      if (this.interrupted || fleet === null) break;
      const { measured, spent } = await this.measure(fleet);
      const yardstick = meanOf(before, measureYardstick(this.plan.requestBatch));
      const partial = this.interrupted;
      const plan = { ...this.plan, ...asking };
      results.push(resultOf(plan, { load: measured, spent, yardstick, partial }));
    }
    return results;
  }

  /** Until the cluster runs and the clients have what they need; null when interrupted. */
  private async start(yardstick: Yardstick, ways: readonly Asking[]): Promise<Fleet | null> {
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
    this.enter('stocking');
    const up = fleet.ready.map(replicaAddress);
    const multiaddrs = new Map([...fleet.multiaddrs].filter(([address]) => up.includes(address)));
    const wanted = ways.map((asking) => this.stockFor(yardstick, asking));
    const stock = Math.min(
      Math.ceil(maxStock / this.plan.requestBatch),
      wanted.reduce((sum, each) => sum + each, 0),
    );
    await load.ask({ type: 'connect', deployment, multiaddrs, stock }, 'stocked');
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

  /** What the window and the warm-up will want, as far as it can be foreseen. */
  private stockFor(yardstick: Yardstick, { ratePerSecond, clients }: Asking): number {
    const { warmUpMs, forMs, replicas, work, requestBatch } = this.plan;
    if (work.type === 'opaque') return 0;
    const share = stockedShare * limitPerSecond(yardstick, replicas);
    const foreseen = ratePerSecond ?? Math.min(share, clients * mostPerClient);
    return Math.ceil((foreseen * (warmUpMs + forMs)) / 1000 / requestBatch);
  }

  private makeFleet(deployment: Deployment, genesis: Genesis): Fleet {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    return new Fleet({
      scenario: scenarioOf(this.plan),
      deployment,
      genesis,
      directory: this.directory,
      entry: new URL(`./replica-process.${extension}`, import.meta.url),
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

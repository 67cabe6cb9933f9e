import { setImmediate } from 'node:timers/promises';
import { Random } from '../../base/random.ts';
import type { Violation } from '../../scenario/result.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { type Census, CensusTaker, type MissedLiar } from './census.ts';
import { drawScenario } from './draw.ts';
import { mutate, type Parent } from './mutate.ts';
import { atomsOf, shrink } from './shrink.ts';
import { tryScenario } from './trial.ts';

export interface ExploreOptions {
  /** Schedules to run; with `forMs` whichever is reached first. One of them must be given. */
  readonly runs?: number;
  /** Wall time, milliseconds. */
  readonly forMs?: number;
  readonly seed: number;
  /** Voting replicas, at least and at most. */
  readonly replicas: readonly [number, number];
  readonly onProgress?: (progress: ExploreProgress) => void;
  readonly signal?: AbortSignal;
  /** Findings after which it stops; the same checker again counts. */
  readonly maxViolations?: number;
  /** Where new schedules come from; absent: {@link drawScenario}. */
  readonly draw?: typeof drawScenario;
}

export interface ExploreProgress {
  readonly schedules: number;
  readonly schedulesPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** Protocol states and transitions reached so far. */
  readonly features: number;
  readonly violations: number;
}

export interface FoundViolation {
  /** Minimal: running it shows the violation. */
  readonly scenario: Scenario;
  readonly checker: string;
  /** Removable things that are left: adversaries, events, network faults, requests. */
  readonly atoms: number;
  readonly violation: Violation;
  /** The last lines before it. */
  readonly trace: readonly string[];
  /** The schedule that showed it first, counted from 1. */
  readonly schedule: number;
}

export interface Explored extends ExploreProgress {
  readonly census: Census;
  /** The first few of the liars that the census counts as not caught. */
  readonly missed: readonly MissedLiar[];
  readonly found: readonly FoundViolation[];
  readonly deliveries: number;
}

const sliceWallMs = 50;
/** Scenarios that went new ways, kept as parents; the oldest goes first. */
const maxParents = 256;
/** Large runs show much that is new for being large; a search that breeds them runs few. */
const maxParentDeliveries = 4_000;
const defaultMaxViolations = 10;

/**
 * Draws and runs hostile schedules in virtual time, steering toward what no schedule has shown
 * before: half of them are mutations of scenarios that reached new protocol states. Deterministic
 * in its schedules for one seed; only how many there are depends on the clock when `forMs` is set.
 */
export async function explore(options: ExploreOptions): Promise<Explored> {
  const explorer = new Explorer(options);
  let sliceBegunMs = performance.now();
  while (!explorer.isDone) {
    explorer.next();
    if (performance.now() - sliceBegunMs < sliceWallMs) continue;
    options.onProgress?.(explorer.progress());
    await setImmediate();
    sliceBegunMs = performance.now();
  }
  const { found, deliveries, census, missed } = explorer;
  return { ...explorer.progress(), found, deliveries, census, missed };
}

class Explorer {
  readonly found: FoundViolation[] = [];
  deliveries = 0;
  private readonly options: ExploreOptions;
  private readonly random: Random;
  private readonly taker = new CensusTaker();
  private readonly begunMs = performance.now();
  private readonly features = new Set<number>();
  private readonly parents: Parent[] = [];
  private schedules = 0;
  /** Shrinking is no exploring: its time does not count against the rate. */
  private shrinkingMs = 0;

  constructor(options: ExploreOptions) {
    this.options = options;
    this.random = new Random(`${options.seed}/explore`);
  }

  get census(): Census {
    return this.taker.census;
  }

  get missed(): readonly MissedLiar[] {
    return this.taker.missed;
  }

  get isDone(): boolean {
    const { runs, forMs, signal, maxViolations } = this.options;
    return (
      signal?.aborted === true ||
      this.schedules >= (runs ?? Number.POSITIVE_INFINITY) ||
      performance.now() - this.begunMs >= (forMs ?? Number.POSITIVE_INFINITY) ||
      this.found.length >= (maxViolations ?? defaultMaxViolations)
    );
  }

  next(): void {
    const number = ++this.schedules;
    const scenario = this.choose(number);
    const verdict = tryScenario(scenario);
    this.deliveries += verdict.deliveries;
    this.taker.count(verdict.seen, verdict.violation?.checker === 'accusation');
    const before = this.features.size;
    for (const feature of verdict.coverage.features) this.features.add(feature);
    if (verdict.violation !== null) {
      const begunMs = performance.now();
      this.report(scenario, verdict, number);
      this.shrinkingMs += performance.now() - begunMs;
    } else if (this.features.size > before && verdict.deliveries <= maxParentDeliveries) {
      this.parents.push({ scenario, milestonesUs: verdict.coverage.milestonesUs });
      if (this.parents.length > maxParents) this.parents.shift();
    }
  }

  progress(): ExploreProgress {
    const seconds = Math.max(1, performance.now() - this.begunMs - this.shrinkingMs) / 1000;
    return {
      schedules: this.schedules,
      schedulesPerSecond: Math.round((this.schedules / seconds) * 10) / 10,
      deliveriesPerSecond: Math.round(this.deliveries / seconds),
      features: this.features.size,
      violations: this.found.length,
    };
  }

  private choose(number: number): Scenario {
    const seed = this.options.seed * 1_000_000 + number;
    const random = this.random.fork(String(number));
    const [min, max] = this.options.replicas;
    if (this.parents.length > 0 && random.chance(0.5)) {
      return mutate(random, random.pick(this.parents), seed);
    }
    const draw = this.options.draw ?? drawScenario;
    return draw(random, seed, { min, max });
  }

  private report(
    scenario: Scenario,
    verdict: ReturnType<typeof tryScenario>,
    schedule: number,
  ): void {
    const shrunk = shrink(scenario, verdict);
    const { violation, trace } = shrunk.verdict;
    if (violation === null) return;
    const described = {
      ...shrunk.scenario,
      description: `${violation.checker}: ${violation.detail}`.slice(0, 1000),
    };
    const { checker } = violation;
    const atoms = atomsOf(shrunk.scenario);
    this.found.push({ scenario: described, checker, atoms, violation, trace, schedule });
  }
}

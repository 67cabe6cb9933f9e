import type { Violation } from '../scenario/result.ts';
import type { Artefacts } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { HostileClients } from '../workload/hostile/hostile-clients.ts';
import type { WorkloadEvent } from '../workload/records.ts';
import type { Checker } from './checkers/checker.ts';
import { genesisOf, startClients } from './clients.ts';
import type { Clients } from './nop-clients.ts';
import { World, type WorldReaders } from './world.ts';

/** How often liveness is judged and the end is looked for, virtual milliseconds. */
const tickMs = 100;
/** What replicas keep is counted at one tick in so many. */
const ticksPerCount = 10;
/** After the last answer, what was set going in its wake (an isolation, say) comes to its end. */
const minSettleTicks = 5;
/** Replicas that were away get so many ticks to catch up, and evidence to be judged: 10 s. */
const settleTicks = 100;
/** Where somebody who floods keeps the cluster busy, it is left at last: 30 s. */
const maxSettleTicks = 300;

export interface SimulationReaders extends WorldReaders {
  readonly workload?: (event: WorkloadEvent) => void;
  /** Judges besides the usual ones. */
  readonly checkers?: readonly Checker[];
}

/** One run of one scenario in virtual time, stepped from outside. */
export class Simulation {
  readonly world: World;
  readonly workload: Clients;
  /** Null: no client means harm. */
  readonly hostile: HostileClients | null;
  /** What the run leaves for people to check; for after its end. */
  readonly artefacts: () => Artefacts;
  /** True once the run is over, for whatever reason. */
  over = false;
  private readonly scenario: Scenario;
  /**
   * Where the newest replica stood at each tick since the last request was answered and the
   * timeline played.
   */
  private readonly newest: number[] = [];
  private ticks = 0;

  constructor(scenario: Scenario, readers: SimulationReaders = {}) {
    this.scenario = scenario;
    this.world = new World({
      scenario,
      genesis: (deployment, scheme) => genesisOf(scenario, deployment, scheme),
      readers,
      ...(readers.checkers && { checkers: readers.checkers }),
    });
    this.world.start();
    const tell = (event: WorkloadEvent): void => readers.workload?.(event);
    const { clients, hostile, artefacts } = startClients(scenario, this.world, tell);
    this.workload = clients;
    this.hostile = hostile;
    this.artefacts = artefacts;
    this.scheduleTick();
  }

  /** The finding that ended the run, with what came before it. */
  get violation(): Violation | null {
    const { panel, tail } = this.world;
    return panel.violation === null ? null : { ...panel.violation, trace: tail.lines() };
  }

  /** Lets at most `events` events happen; false when the run is over. */
  run(events: number): boolean {
    const { scheduler, panel } = this.world;
    for (let i = 0; i < events && !this.over; i++) {
      if (!scheduler.step() || panel.violation !== null) this.end();
    }
    return !this.over;
  }

  /** Ends the run here and now: at its natural end, at a violation, or because nobody waits. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.workload.stop();
    this.hostile?.stop();
    const { panel, scheduler } = this.world;
    if (this.newest.length > 0) {
      panel.end(this.world.finalStates(), this.expected(), scheduler.nowUs);
    }
  }

  /** Where every replica must be by now: where the newest was a settling time ago. */
  private expected(): number | null {
    return this.newest.at(-1 - settleTicks) ?? null;
  }

  private scheduleTick(): void {
    this.world.scheduler.at(this.world.scheduler.nowUs + tickMs * 1000, () => this.tick());
  }

  private tick(): void {
    const { world, workload } = this;
    const { nowMs } = world;
    world.panel.outstanding(workload.requests - workload.settled, world.scheduler.nowUs);
    world.panel.time(world.scheduler.nowUs);
    if (this.ticks++ % ticksPerCount === 0) world.judgeHoldings();
    const harmIsDone = this.hostile?.isDone ?? true;
    if (workload.isDone && harmIsDone && world.timeline.left === 0) {
      this.newest.push(world.newestExecuted());
    }
    if (nowMs >= this.scenario.durationMs || this.hasSettled()) this.end();
    else this.scheduleTick();
  }

  private hasSettled(): boolean {
    const { length } = this.newest;
    if (length <= minSettleTicks) return false;
    const isIdle = this.expected() === this.newest.at(-1);
    const isDone = this.world.settled() && !this.world.awaitsJudgement();
    return isDone || isIdle || length > maxSettleTicks;
  }
}

import type { Effect } from '../../pbft/replica.ts';
import { processOf, type Seat } from '../../runtime/seat.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { adversariesOf } from '../../scenario/villains.ts';
import type { SimulationReaders } from '../simulation.ts';
import { type Enumerated, isSuspicion } from './census.ts';
import { Misdeeds, type Moment } from './misdeeds.ts';

/** Watches one schedule for the census: what liars sent, whom the correct accuse or suspect. */
export class Onlooker {
  readonly readers: SimulationReaders;
  private readonly scenario: Scenario;
  private readonly adversaries: ReadonlySet<number>;
  private readonly seats = new Map<number, Seat>();
  /** By process, when a correct replica accused it first; null without anyone who could lie. */
  private readonly accused = new Map<number, Moment | null>();
  private misdeeds: Misdeeds | null = null;
  private suspicions = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.adversaries = new Set(adversariesOf(scenario));
    const isLied = this.adversaries.size > 0;
    this.readers = {
      seat: (replica, seat) => this.onSeat(replica, seat),
      standing: (replica, change) => {
        if (this.adversaries.has(replica) || this.adversaries.has(change.process)) return;
        if (isSuspicion(change)) this.suspicions++;
      },
      executed: (replica, batch) => this.misdeeds?.onExecuted(replica, batch),
      ...(isLied ? { network: this.network() } : {}),
    };
  }

  onStep(replica: number, effects: readonly Effect[], atUs: number): void {
    if (this.adversaries.has(replica)) return;
    this.misdeeds?.onStep(replica, effects);
    for (const effect of effects) {
      if (effect.type !== 'accuse') continue;
      const accused = processOf(this.seats.get(replica) ?? null, effect.evidence.accused);
      if (this.accused.has(accused)) continue;
      this.accused.set(accused, this.misdeeds?.momentAt(atUs) ?? null);
    }
  }

  seen(virtualMs: number): Enumerated {
    const { scenario, accused, suspicions } = this;
    return { scenario, misdeeds: this.misdeeds?.all ?? [], accused, suspicions, virtualMs };
  }

  private onSeat(replica: number, seat: Seat): void {
    this.seats.set(replica, seat);
    this.misdeeds?.onSeat(replica, seat.epoch);
    if (this.misdeeds !== null || this.adversaries.size === 0 || seat.epoch > 0) return;
    this.misdeeds = new Misdeeds(this.adversaries, seat.court);
  }

  private network(): NonNullable<SimulationReaders['network']> {
    return {
      onSend() {},
      onDeliver: (_from, to, frame, atUs) => this.misdeeds?.onDeliver(to, frame, atUs),
    };
  }
}

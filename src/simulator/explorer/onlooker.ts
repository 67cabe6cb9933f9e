import type { Effect, Input } from '../../pbft/replica.ts';
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
  /**
   * By process, when a correct replica accused it first, or isolated it on the word of another
   * liar, who may be the first to bring the proof; null without anyone who could lie.
   */
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
      isolated: (replica, processes) => {
        if (this.adversaries.has(replica)) return;
        this.misdeeds?.onIsolated(replica, processes);
        for (const process of processes) this.caught(process, this.misdeeds?.now ?? null);
      },
      fault: ({ what, replicas }) => {
        if (what === 'crash') for (const replica of replicas) this.misdeeds?.onCrash(replica);
      },
      ...(isLied ? { network: this.network() } : {}),
    };
  }

  onStep(replica: number, input: Input, effects: readonly Effect[], atUs: number): void {
    if (this.adversaries.has(replica)) return;
    this.misdeeds?.onStep(replica, input, effects, atUs);
    for (const effect of effects) {
      if (effect.type !== 'accuse') continue;
      const accused = processOf(this.seats.get(replica) ?? null, effect.evidence.accused);
      this.caught(accused, this.misdeeds?.momentAt(atUs) ?? null);
    }
  }

  private caught(process: number, moment: Moment | null): void {
    if (!this.accused.has(process)) this.accused.set(process, moment);
  }

  seen(virtualMs: number): Enumerated {
    const { scenario, accused, suspicions } = this;
    return { scenario, misdeeds: this.misdeeds?.all ?? [], accused, suspicions, virtualMs };
  }

  private onSeat(replica: number, seat: Seat): void {
    this.seats.set(replica, seat);
    if (this.misdeeds === null && this.adversaries.size > 0 && seat.epoch === 0) {
      this.misdeeds = new Misdeeds(this.adversaries, seat.court);
    }
    this.misdeeds?.onSeat(replica, seat.epoch);
  }

  private network(): NonNullable<SimulationReaders['network']> {
    return {
      onSend() {},
      onDeliver: (from, to, frame, atUs) => this.misdeeds?.onDeliver(from, to, frame, atUs),
    };
  }
}

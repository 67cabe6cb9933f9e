import type { StandingChange, Standings } from '../faults/standing.ts';
import { Watch } from '../faults/watch.ts';
import type { Message, ReplicaIndex } from '../pbft/messages.ts';
import type { Effect, Input, TimerName } from '../pbft/replica.ts';
import type { Clock } from '../runtime/ports.ts';
import { follows, processOf, type Seat } from '../runtime/seat.ts';
import type { NodeOptions } from './options.ts';

export interface VigilOptions {
  readonly seat: Seat;
  /** Time that never jumps: a clock set forward would turn everybody silent at once. */
  readonly steady: Clock;
  readonly onChange: (change: StandingChange) => void;
}

/**
 * What a node thinks of its peers in one membership epoch: feeds its {@link Watch} from frames and
 * steps, and lets through of a suspected peer's frames only as many as the others send. Nothing of
 * it is on disk: a new life begins without prejudice.
 */
export class Vigil {
  private readonly options: VigilOptions;
  private readonly steady: Clock;
  private readonly watch: Watch;

  constructor(options: VigilOptions) {
    const { index, epoch, court } = options.seat;
    const n = court.validators.publicKeys.length;
    const { statusIntervalMs } = court.parameters;
    this.options = options;
    this.steady = options.steady;
    this.watch = new Watch({ index, n, epoch, statusIntervalMs }, options.steady.nowMs());
  }

  get standings(): Standings {
    return this.watch.standings;
  }

  /** A frame of a peer's arrived. False: it sends too much and is suspected; drop it unread. */
  admits(from: ReplicaIndex): boolean {
    this.watch.heard(from, this.nowMs());
    return this.watch.admits(from);
  }

  /** A frame of a peer's that no correct node sends, or evidence that is none. */
  refused(from: ReplicaIndex, offence: 'garbage' | 'slander'): void {
    this.tell(this.watch.strike(from, offence, this.nowMs()));
  }

  /** {@link stepped} would do something after a step without effects. */
  mustLook(): boolean {
    return this.watch.someRecover || this.watch.mayLook(this.nowMs());
  }

  stepped(input: Input, effects: readonly Effect[]): void {
    const nowMs = this.nowMs();
    const { watch } = this;
    // Every vote comes here, and nearly always there is nothing to be seen.
    if (watch.someRecover || effects.length > 0 || input.type === 'isolated') {
      if (input.type === 'isolated') this.tell(watch.setIsolated(input.replicas, nowMs));
      if (input.type === 'receive' && isVote(input.message)) {
        this.tell(watch.voted(input.from, nowMs));
      }
      if (effects.length > 0) this.judge(input, effects, nowMs);
    }
    if (watch.mayLook(nowMs)) this.tell(watch.look(nowMs));
  }

  private judge(input: Input, effects: readonly Effect[], nowMs: number): void {
    for (const effect of effects) {
      if (effect.type === 'strike') {
        this.tell(this.watch.strike(effect.replica, 'garbage', nowMs));
      }
      const view = input.type === 'timeout' ? lateView(input.timer, effect) : null;
      if (view !== null) this.tell(this.watch.strike(this.primaryOf(view), 'slowness', nowMs));
    }
  }

  private primaryOf(view: number): ReplicaIndex {
    return view % this.options.seat.court.validators.publicKeys.length;
  }

  private nowMs(): number {
    return this.steady.nowMs();
  }

  private tell(changes: readonly StandingChange[]): void {
    if (changes.length === 0) return;
    for (const change of changes) this.options.onChange(change);
  }
}

/** The view whose primary let this timer run out; null where the effect does not say so. */
function lateView(timer: TimerName, effect: Effect): number | null {
  if (timer === 'viewChange' && effect.type === 'enterView') return effect.view - 1;
  const complains = effect.type === 'send' && effect.message.type === 'complaint';
  return timer === 'request' && complains ? effect.message.view : null;
}

/** What only a replica sends that knows where it stands. */
function isVote({ type }: Message): boolean {
  return type === 'prepare' || type === 'commit' || type === 'prePrepare' || type === 'checkpoint';
}

/** A node's vigil in an epoch; null for who only follows: it hears too little to judge by. */
export function keepVigil(
  seat: Seat,
  { steady, clock, observer }: Pick<NodeOptions, 'steady' | 'clock' | 'observer'>,
): Vigil | null {
  if (follows(seat)) return null;
  return new Vigil({
    seat,
    steady: steady ?? clock,
    onChange: ({ replica, from, to }) => {
      observer.onStanding?.({ process: processOf(seat, replica), from, to }, clock.nowMs());
    },
  });
}

import { weakQuorum } from '../../pbft/quorum.ts';
import { follows, processOf, type Seat } from '../../runtime/seat.ts';
import type { Circumstances } from '../circumstances.ts';
import type { Cast, Checker, Finding } from './checker.ts';
import { Settling } from './settling.ts';

/**
 * At most f faulty replicas must not be able to move the view: long after everything healed, no
 * f+1 correct replicas leave a view whose primary is correct. (One that missed a message may leave
 * alone; it is pulled back.) "Long" is as long as {@link Settling} gives the cluster.
 */
export class NeedlessViewChangeChecker implements Checker {
  readonly name = 'needlessViewChange';
  private readonly cast: Cast;
  private readonly settling: Settling;
  /** Correct replicas that left each view of each epoch while all was well. */
  private readonly leavers = new Map<string, Set<number>>();
  private readonly seats = new Map<number, Seat>();

  constructor(cast: Cast, requestTimeoutMs: number) {
    this.cast = cast;
    this.settling = new Settling(cast.n, requestTimeoutMs);
  }

  onCircumstances({ calm }: Circumstances, atUs: number): void {
    this.settling.note(calm, atUs);
    this.leavers.clear();
  }

  onSeat(replica: number, seat: Seat): null {
    this.seats.set(replica, seat);
    return null;
  }

  onView(replica: number, view: number, active: boolean, atUs: number): Finding | null {
    const { wellSinceUs, boundUs } = this.settling;
    if (active || wellSinceUs === null || atUs - wellSinceUs < boundUs) return null;
    const left = view - 1;
    const seat = this.seats.get(replica) ?? null;
    if (seat !== null && follows(seat)) return null; // its view is no vote
    if (this.cast.adversaries.has(processOf(seat, left % this.cast.n))) return null;
    const key = `${seat?.epoch ?? 0}/${left}`;
    const leavers = this.leavers.get(key) ?? new Set();
    this.leavers.set(key, leavers.add(replica));
    if (leavers.size < weakQuorum(this.cast.n)) return null;
    return {
      sequence: null,
      replicas: [...leavers],
      detail:
        `replicas ${[...leavers].join(', ')} left view ${left} although its primary is correct ` +
        `and all has been well for ${Math.round((atUs - wellSinceUs) / 1000)} ms`,
    };
  }
}

import { maxFaulty, weakQuorum } from '../../pbft/quorum.ts';
import type { Cast, Checker, Finding } from './checker.ts';

/**
 * At most f faulty replicas must not be able to move the view: long after the network healed, no
 * f+1 correct replicas leave a view whose primary is correct. (One that missed a message may leave
 * alone; it is pulled back.) "Long" is as long as {@link ProgressChecker} gives the cluster to
 * settle.
 */
export class NeedlessViewChangeChecker implements Checker {
  readonly name = 'needlessViewChange';
  private readonly cast: Cast;
  private readonly requestTimeoutUs: number;
  private healthySinceUs: number | null = 0;
  private troubledSinceUs = 0;
  private settleUs: number;
  /** Correct replicas that left each view while all was well. */
  private readonly leavers = new Map<number, Set<number>>();

  constructor(cast: Cast, requestTimeoutMs: number) {
    this.cast = cast;
    this.requestTimeoutUs = requestTimeoutMs * 1000;
    this.settleUs = this.settleAfter(0);
  }

  onHealth(healthy: boolean, atUs: number): void {
    if (healthy === (this.healthySinceUs !== null)) return;
    if (healthy) this.settleUs = this.settleAfter(atUs - this.troubledSinceUs);
    else this.troubledSinceUs = atUs;
    this.healthySinceUs = healthy ? atUs : null;
    this.leavers.clear();
  }

  onView(replica: number, view: number, active: boolean, atUs: number): Finding | null {
    if (active || this.healthySinceUs === null) return null;
    if (atUs - this.healthySinceUs < this.settleUs) return null;
    const left = view - 1;
    if (this.cast.adversaries.has(left % this.cast.n)) return null;
    const leavers = this.leavers.get(left) ?? new Set();
    this.leavers.set(left, leavers.add(replica));
    if (leavers.size < weakQuorum(this.cast.n)) return null;
    return {
      sequence: null,
      replicas: [...leavers],
      detail:
        `replicas ${[...leavers].join(', ')} left view ${left} although its primary is correct ` +
        `and the network has been whole for ${Math.round((atUs - this.healthySinceUs) / 1000)} ms`,
    };
  }

  private settleAfter(troubleUs: number): number {
    return (troubleUs + this.requestTimeoutUs) * 2 ** (maxFaulty(this.cast.n) + 2);
  }
}

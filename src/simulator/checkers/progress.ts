import { maxFaulty } from '../../pbft/quorum.ts';
import type { Cast, Checker, Finding } from './checker.ts';

/**
 * Liveness of §4.5.2: once the network is whole and at most f replicas are faulty, some request is
 * answered within a bound that follows from the timeouts. While the trouble lasted, timeouts may
 * have doubled up to its length D; then up to f+1 primaries in a row may be faulty, each waited for
 * twice as long as the one before. So the bound is (D + T) · 2^(f+2), T the request timeout.
 */
export class ProgressChecker implements Checker {
  readonly name = 'progress';
  private readonly cast: Cast;
  private readonly requestTimeoutUs: number;
  private healthySinceUs: number | null = 0;
  private troubledSinceUs = 0;
  private troubleUs = 0;
  private outstanding = 0;
  /** Since when something has been waiting without any answer coming. */
  private waitingSinceUs = 0;

  constructor(cast: Cast, requestTimeoutMs: number) {
    this.cast = cast;
    this.requestTimeoutUs = requestTimeoutMs * 1000;
  }

  onOutstanding(outstanding: number, atUs: number): void {
    if (outstanding < this.outstanding || this.outstanding === 0) this.waitingSinceUs = atUs;
    this.outstanding = outstanding;
  }

  onHealth(healthy: boolean, atUs: number): void {
    if (healthy === (this.healthySinceUs !== null)) return;
    if (healthy) this.troubleUs = atUs - this.troubledSinceUs;
    else this.troubledSinceUs = atUs;
    this.healthySinceUs = healthy ? atUs : null;
  }

  get boundUs(): number {
    const doublings = maxFaulty(this.cast.n) + 2;
    return (this.troubleUs + this.requestTimeoutUs) * 2 ** doublings;
  }

  onTime(atUs: number): Finding | null {
    if (this.outstanding === 0 || this.healthySinceUs === null) return null;
    const sinceUs = Math.max(this.waitingSinceUs, this.healthySinceUs);
    if (atUs - sinceUs <= this.boundUs) return null;
    return {
      sequence: null,
      replicas: [],
      detail:
        `${this.outstanding} requests wait and none was answered for ` +
        `${Math.round((atUs - sinceUs) / 1000)} ms in a whole network; ` +
        `the timeouts allow ${Math.round(this.boundUs / 1000)} ms`,
    };
  }
}

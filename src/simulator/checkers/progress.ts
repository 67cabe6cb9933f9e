import type { Circumstances } from '../circumstances.ts';
import type { Cast, Checker, Finding } from './checker.ts';
import { Settling } from './settling.ts';

/**
 * Liveness of §4.5.2: once the network is whole and at most f replicas are faulty, some request is
 * answered within a bound that follows from the timeouts, see {@link Settling}, and from how long a
 * client waits before it asks again.
 */
export class ProgressChecker implements Checker {
  readonly name = 'progress';
  private readonly settling: Settling;
  private readonly clientPatienceUs: number;
  private outstanding = 0;
  /** Since when something has been waiting without any answer coming. */
  private waitingSinceUs = 0;

  constructor(cast: Cast, requestTimeoutMs: number, clientPatienceMs: number) {
    this.settling = new Settling(cast.n, requestTimeoutMs);
    this.clientPatienceUs = clientPatienceMs * 1000;
  }

  onOutstanding(outstanding: number, atUs: number): void {
    if (outstanding < this.outstanding || this.outstanding === 0) this.waitingSinceUs = atUs;
    this.outstanding = outstanding;
  }

  onCircumstances({ healthy }: Circumstances, atUs: number): void {
    this.settling.note(healthy, atUs);
  }

  onTime(atUs: number): Finding | null {
    const { wellSinceUs } = this.settling;
    const boundUs = this.settling.boundUs + this.clientPatienceUs;
    if (this.outstanding === 0 || wellSinceUs === null) return null;
    const sinceUs = Math.max(this.waitingSinceUs, wellSinceUs);
    if (atUs - sinceUs <= boundUs) return null;
    return {
      sequence: null,
      replicas: [],
      detail:
        `${this.outstanding} requests wait and none was answered for ` +
        `${Math.round((atUs - sinceUs) / 1000)} ms in a whole network; ` +
        `the timeouts allow ${Math.round(boundUs / 1000)} ms`,
    };
  }
}

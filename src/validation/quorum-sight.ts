import type { NodeStatus } from '../node/status.ts';
import { seesQuorum } from '../node/status.ts';
import type { Clock } from '../runtime/ports.ts';

/** A status is asked for at most so often: it is looked at for every body. */
const freshMs = 200;

/** Whether this node sees a quorum, and since when it does not. */
export class QuorumSight {
  private readonly read: () => NodeStatus;
  private readonly clock: Clock;
  private last: NodeStatus | null = null;
  private lookedMs = 0;
  private lostSinceMs: number | null = null;

  /** `clock`: one that is never set back. */
  constructor(read: () => NodeStatus, clock: Clock) {
    this.read = read;
    this.clock = clock;
  }

  /** At most {@link freshMs} old. */
  get status(): NodeStatus {
    const nowMs = this.clock.nowMs();
    if (this.last === null || nowMs - this.lookedMs >= freshMs) {
      this.last = this.read();
      this.lookedMs = nowMs;
      if (seesQuorum(this.last)) this.lostSinceMs = null;
      else this.lostSinceMs ??= nowMs;
    }
    return this.last;
  }

  /** Out of sight for `graceMs` and more. Links that come back meanwhile are no outage. */
  isLost(graceMs: number): boolean {
    this.status;
    return this.lostSinceMs !== null && this.clock.nowMs() - this.lostSinceMs >= graceMs;
  }
}

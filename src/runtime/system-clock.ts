import type { Clock } from './ports.ts';

/** The machine's wall clock, moved by an offset that fault injection may change. */
export class SystemClock implements Clock {
  private offsetMs = 0;

  /** Milliseconds since 1970, plus the offset. */
  nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  /** From now on this clock is wrong by `offsetMs` (0: right again). */
  setOffset(offsetMs: number): void {
    this.offsetMs = offsetMs;
  }
}

/** Milliseconds since the process began; never set back. For intervals, not for dates. */
export const monotonicClock: Clock = { nowMs: () => performance.now() };

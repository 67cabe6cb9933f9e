import type { Instant } from '../pbft/replica.ts';

/** A token bucket: bounds what a villain adds, so that answers to a flood do not feed the flood. */
export class Allowance {
  private readonly perSecond: number;
  private readonly burst: number;
  private tokens: number;
  private lastMs: Instant | null = null;

  /** `perSecond` in the long run, at most `burst` at once. */
  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
  }

  /** Takes one if there is one. A clock that went back fills nothing. */
  take(nowMs: Instant): boolean {
    const passedMs = this.lastMs === null ? 0 : Math.max(0, nowMs - this.lastMs);
    this.lastMs = Math.max(nowMs, this.lastMs ?? nowMs);
    this.tokens = Math.min(this.burst, this.tokens + (passedMs * this.perSecond) / 1000);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}

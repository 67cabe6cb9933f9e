/**
 * How long to wait before the next attempt: doubles from `minMs` to `maxMs`, with full jitter in
 * the upper half, so that replicas that lost each other together do not come back in step.
 */
export class Backoff {
  private attempts = 0;
  private readonly minMs: number;
  private readonly maxMs: number;
  private readonly chance: () => number;

  constructor(minMs: number, maxMs: number, chance: () => number) {
    this.minMs = minMs;
    this.maxMs = maxMs;
    this.chance = chance;
  }

  nextDelayMs(): number {
    const ceiling = Math.min(this.maxMs, this.minMs * 2 ** Math.min(this.attempts, 30));
    this.attempts++;
    return ceiling * (0.5 + this.chance() / 2);
  }

  reset(): void {
    this.attempts = 0;
  }
}

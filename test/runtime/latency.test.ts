import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { drawLatencyMs, type Latency } from '../../src/runtime/latency.ts';

/** What lies below each share of a thousand draws, from 0 at `minMs` to 1 at `maxMs`. */
function quantiles(latency: Latency, ...shares: number[]): number[] {
  const random = new Random('latency');
  const drawn = Array.from({ length: 1000 }, () => drawLatencyMs(latency, random));
  const sorted = drawn.toSorted((a, b) => a - b);
  const span = latency.maxMs - latency.minMs;
  return shares.map(
    (share) => ((sorted[Math.floor(share * 999)] as number) - latency.minMs) / span,
  );
}

describe('a latency', () => {
  it('is drawn evenly from its range', () => {
    const [least, median, nine, most] = quantiles({ minMs: 20, maxMs: 420 }, 0, 0.5, 0.9, 1);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(median).toBeCloseTo(0.5, 1);
    expect(nine).toBeCloseTo(0.9, 1);
    expect(most).toBeLessThan(1);
  });

  it('with a long tail is short most of the time, and never longer than its longest', () => {
    const latency = { minMs: 20, maxMs: 420, longTail: true } as const;
    const [least, median, nine, most] = quantiles(latency, 0, 0.5, 0.9, 1);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(median).toBeCloseTo(1 / 16, 1);
    expect(median).toBeLessThan(0.1);
    expect(nine).toBeCloseTo(0.66, 1);
    expect(most).toBeGreaterThan(0.9);
    expect(most).toBeLessThan(1);
  });

  it('of no width costs no chance', () => {
    const [random, untouched] = [new Random('same'), new Random('same')];
    expect(drawLatencyMs({ minMs: 7, maxMs: 7 }, random)).toBe(7);
    expect(random.next()).toBe(untouched.next());
  });
});

import { describe, expect, it } from 'vitest';
import { limits } from '../../src/pbft/limits.ts';
import { maxFaulty, quorum, weakQuorum } from '../../src/pbft/quorum.ts';

const sizes = Array.from({ length: limits.replicas }, (_, i) => i + 1);

describe('quorum arithmetic, for every n a cluster may have', () => {
  it('tolerates the most faults that n > 3f allows, and not one more', () => {
    for (const n of sizes) {
      const f = maxFaulty(n);
      expect(n, `n = ${n}`).toBeGreaterThan(3 * f);
      expect(n, `n = ${n}`).toBeLessThanOrEqual(3 * (f + 1));
    }
  });

  it('lets two quorums share f+1 replicas, so a correct one: nothing is decided twice', () => {
    for (const n of sizes) {
      expect(2 * quorum(n) - n, `n = ${n}`).toBeGreaterThanOrEqual(maxFaulty(n) + 1);
    }
  });

  it('can be had from the correct replicas alone: the faulty ones cannot block', () => {
    for (const n of sizes) expect(n - maxFaulty(n), `n = ${n}`).toBeGreaterThanOrEqual(quorum(n));
  });

  it('is the smallest number with that intersection', () => {
    for (const n of sizes) {
      expect(2 * (quorum(n) - 1) - n, `n = ${n}`).toBeLessThan(maxFaulty(n) + 1);
    }
  });

  it('is 2f+1 only for n = 3f+1', () => {
    for (const n of sizes) {
      const f = maxFaulty(n);
      if (n === 3 * f + 1) expect(quorum(n)).toBe(2 * f + 1);
      else expect(quorum(n), `n = ${n}`).toBeGreaterThan(2 * f + 1);
    }
  });

  it('has a correct replica in every weak quorum, and a weak quorum of them in itself', () => {
    for (const n of sizes) {
      expect(weakQuorum(n)).toBe(maxFaulty(n) + 1);
      expect(quorum(n) - maxFaulty(n), `n = ${n}`).toBeGreaterThanOrEqual(weakQuorum(n));
    }
  });

  it('knows no cluster without replicas, or with half a one', () => {
    for (const n of [0, -1, 1.5, Number.NaN]) expect(() => maxFaulty(n)).toThrow();
  });
});

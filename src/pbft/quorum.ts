import { assert } from '../base/assert.ts';

/** f, the most replicas of `n` that may be faulty: ⌊(n−1)/3⌋ (Castro and Liskov §3). */
export function maxFaulty(n: number): number {
  assert(Number.isInteger(n) && n >= 1, () => `${n} replicas`);
  return Math.floor((n - 1) / 3);
}

/**
 * Votes that decide: ⌈(n+f+1)/2⌉. Two quorums share at least f+1 replicas, hence a correct one,
 * and n−f correct replicas suffice to form one. Written as 2f+1 it would be right only for n =
 * 3f+1.
 */
export function quorum(n: number): number {
  return Math.ceil((n + maxFaulty(n) + 1) / 2);
}

/** f+1: at least one of these replicas is correct. */
export function weakQuorum(n: number): number {
  return maxFaulty(n) + 1;
}

import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { expect, test } from 'vitest';
import { Arc4 } from '../../src/base/arc4.ts';

const draws = 700;

function sameStream(seed: string): void {
  const ours = new Arc4(seed);
  const theirs = seedrandom(seed);
  for (let i = 0; i < draws; i++) expect(ours.quick()).toBe(theirs.quick());
}

test('ARC4 draws what seedrandom draws, from seeds of every length', () => {
  for (const length of [0, 1, 2, 5, 255, 256, 257, 600]) sameStream('s/7'.repeat(length));
});

test('ARC4 draws what seedrandom draws, whatever characters the seed is of', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), sameStream), {
    numRuns: 40,
  });
});

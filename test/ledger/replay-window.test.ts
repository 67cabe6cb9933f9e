import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeWindow,
  emptyWindow,
  encodeWindow,
  replayFault,
  useSequence,
  windowWidth,
} from '../../src/ledger/replay-window.ts';

function windowAfter(sequences: readonly number[]) {
  return sequences.reduce((window, sequence) => useSequence(window, sequence), emptyWindow);
}

describe('the anti-replay window', () => {
  test.each([
    { used: [], sequence: 1, fault: null, why: 'the first is fresh' },
    { used: [1], sequence: 1, fault: 'sequence used before', why: 'once is once' },
    { used: [5], sequence: 3, fault: null, why: 'requests may overtake each other' },
    { used: [5, 3], sequence: 3, fault: 'sequence used before', why: 'a late one is noted too' },
    { used: [64], sequence: 1, fault: null, why: 'the window is 64 wide' },
    { used: [65], sequence: 1, fault: 'sequence older than the window', why: 'and no wider' },
    { used: [1, 1000], sequence: 1, fault: 'sequence older than the window', why: 'it slides' },
    { used: [1, 64], sequence: 1, fault: 'sequence used before', why: 'the last bit is kept' },
    { used: [2 ** 53 - 1], sequence: 2 ** 53 - 2, fault: null, why: 'all safe integers fit' },
  ])('after $used, $sequence: $why', ({ used, sequence, fault }) => {
    expect(replayFault(windowAfter(used), sequence)).toBe(fault);
  });

  test('agrees with a set that remembers everything', () => {
    const sequences = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 200 });
    fc.assert(
      fc.property(sequences, (drawn) => {
        let window = emptyWindow;
        const used = new Set<number>();
        let highest = 0;
        for (const sequence of drawn) {
          const fresh = !used.has(sequence) && sequence > highest - windowWidth;
          expect(replayFault(window, sequence) === null).toBe(fresh);
          if (!fresh) continue;
          window = decodeWindow(encodeWindow(useSequence(window, sequence)));
          used.add(sequence);
          highest = Math.max(highest, sequence);
        }
      }),
      { seed: 21, numRuns: 100 },
    );
  });
});

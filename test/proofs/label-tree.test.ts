import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex } from '../../src/base/bytes.ts';
import { leafHash, merkleRoot } from '../../src/base/merkle.ts';
import { drawPositions } from '../../src/proofs/context.ts';
import {
  buildLabelTree,
  hashesIn,
  labelTreeRoot,
  openTogether,
  verifyTogether,
} from '../../src/proofs/label-tree.ts';
import { labelAt } from '../../src/proofs/plot.ts';
import { flip } from './fixtures.ts';

function labelsOf(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 32 }, (_, i) => (i * 7 + (i >> 5)) & 255);
}

describe('label tree', () => {
  test.each([1, 2, 64, 256])('%i labels have the root RFC 6962 gives', (count) => {
    const labels = labelsOf(count);
    const leaves = Array.from({ length: count }, (_, i) => leafHash(labelAt(labels, i)));
    expect(labelTreeRoot(buildLabelTree(labels))).toEqual(new Uint8Array(merkleRoot(leaves)));
  });

  test('any set of positions opens, and opens nothing else', () => {
    const labels = labelsOf(64);
    const tree = buildLabelTree(labels);
    const root = toHex(labelTreeRoot(tree));
    const sets = fc.uniqueArray(fc.nat(63), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(sets, fc.nat(1e6), (drawn, noise) => {
        const positions = drawn.sort((a, b) => a - b);
        const opened = positions.map((position) => labelAt(labels, position));
        const siblings = openTogether(tree, positions);
        expect(verifyTogether(root, 64, positions, opened, siblings)).toBe(true);
        const wrong = noise % opened.length;
        const lie = opened.map((label, i) => (i === wrong ? flip(label, noise % 32) : label));
        expect(verifyTogether(root, 64, positions, lie, siblings)).toBe(false);
        const moved = positions.map((position, i) => (i === wrong ? position ^ 32 : position));
        const distinct = new Set(moved).size === moved.length;
        const ascending = moved.every((position, i) => i === 0 || position > (moved[i - 1] ?? 0));
        if (distinct && ascending) {
          expect(verifyTogether(root, 64, moved, opened, siblings)).toBe(false);
        }
        expect(verifyTogether(root, 64, positions, opened, siblings.slice(32))).toBe(
          siblings.length === 0,
        );
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('openings', () => {
  const labels = labelsOf(64);
  const tree = buildLabelTree(labels);
  const root = toHex(labelTreeRoot(tree));
  const positions = [3, 17];
  const opened = positions.map((position) => labelAt(labels, position));
  const siblings = openTogether(tree, positions);
  const first = openTogether(tree, [0]);
  const firstLabel = labelAt(labels, 0);
  /** As what two leaves with one path would need: every sibling twice. */
  const doubled = new Uint8Array(2 * first.length);
  for (let at = 0; at < first.length; at += 32) {
    doubled.set(first.subarray(at, at + 32), 2 * at);
    doubled.set(first.subarray(at, at + 32), 2 * at + 32);
  }
  const longer = (bytes: Uint8Array) => Uint8Array.from([...bytes, 0]);

  test('that are as they should be hold', () => {
    expect(verifyTogether(root, 64, positions, opened, siblings)).toBe(true);
    expect(verifyTogether(root, 64, [0], [firstLabel], first)).toBe(true);
  });

  test.each<[string, number[], Uint8Array[], Uint8Array]>([
    ['of nothing', [], [], new Uint8Array(0)],
    ['of more labels than positions', positions, [...opened, firstLabel], siblings],
    ['of fewer labels than positions', positions, opened.slice(1), siblings],
    ['with a label too long', positions, opened.map(longer), siblings],
    ['with a label too short', positions, opened.map((l) => l.subarray(1)), siblings],
    ['with part of a sibling', positions, opened, longer(siblings)],
    ['with a sibling too many', positions, opened, Uint8Array.from([...siblings, ...first])],
    ['with more siblings than any', positions, opened, new Uint8Array(32 * 160 * 29 + 32)],
    ['with more siblings than there is room for', positions, opened, new Uint8Array(2 ** 20)],
    ['of a place beyond the last', [64], [firstLabel], first],
    ['of two places with one path', [0, 64], [firstLabel, firstLabel], doubled],
  ])('%s do not', (_what, places, parts, hashes) => {
    expect(verifyTogether(root, 64, places, parts, hashes)).toBe(false);
  });
});

describe('a label that names itself as the root', () => {
  const label = labelAt(labelsOf(1), 0);
  const own = toHex(leafHash(label));

  test('is that of a tree of one, and leads nowhere in a larger one', () => {
    const none = new Uint8Array(0);
    expect(verifyTogether(own, 1, [0], [label], none)).toBe(true);
    for (const size of [2, 64]) expect(verifyTogether(own, size, [0], [label], none)).toBe(false);
  });
});

describe('as many labels as can be opened together', () => {
  test('lead to the root', () => {
    const labels = labelsOf(1024);
    const tree = buildLabelTree(labels);
    const positions = Array.from({ length: 256 }, (_, i) => i * 4);
    const opened = positions.map((position) => labelAt(labels, position));
    const siblings = openTogether(tree, positions);
    expect(siblings.length).toBe(2 * 256 * 32);
    const apart = hashesIn(siblings);
    expect(apart.map((hash) => hash.length)).toEqual(new Array(512).fill(32));
    expect(concatBytes(...apart)).toEqual(siblings);
    const root = toHex(labelTreeRoot(tree));
    expect(verifyTogether(root, 1024, positions, opened, siblings)).toBe(true);
  });
});

describe('the first tree of a process', () => {
  let processes = 0;

  test('is like all others', async () => {
    // Loaded anew, as in a process of its own.
    const path = `../../src/proofs/label-tree.ts?process=${processes++}`;
    const fresh: typeof import('../../src/proofs/label-tree.ts') = await import(path);
    const labels = labelsOf(1024);
    const tree = buildLabelTree(labels);
    expect(fresh.buildLabelTree(labels)).toEqual(tree);
    const positions = Array.from({ length: 256 }, (_, i) => i * 4);
    const opened = positions.map((position) => labelAt(labels, position));
    const siblings = openTogether(tree, positions);
    const root = toHex(labelTreeRoot(tree));
    expect(fresh.verifyTogether(root, 1024, positions, opened, siblings)).toBe(true);
  });
});

describe('drawn positions', () => {
  test('are distinct, ascending and in range for any seed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(10), (seed, power) => {
        const below = 2 ** power;
        const positions = drawPositions(seed, Math.ceil(below / 2), below);
        expect(new Set(positions).size).toBe(Math.ceil(below / 2));
        expect([...positions].sort((a, b) => a - b)).toEqual(positions);
        expect(positions.every((position) => position >= 0 && position < below)).toBe(true);
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test('spread evenly: each of 64 positions comes about 62 times in 4,000', () => {
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 1000; i++) {
      const seed = Uint8Array.of(i & 255, i >> 8);
      for (const position of drawPositions(seed, 4, 64)) {
        counts[position] = (counts[position] ?? 0) + 1;
      }
    }
    // Mean 62.5, standard deviation about 7.7; the seeds are fixed, so this cannot flake.
    for (const count of counts) expect(Math.abs(count - 62.5)).toBeLessThan(6 * 7.7);
  });
});

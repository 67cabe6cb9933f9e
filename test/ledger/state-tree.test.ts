import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { zeroDigest } from '../../src/base/digest.ts';
import {
  emptyTree,
  provePath,
  type StateTree,
  treeDelete,
  treeDigest,
  treeEntries,
  treeGet,
  treePut,
  verifyStatePath,
} from '../../src/ledger/state-tree.ts';
import { flip } from '../proofs/fixtures.ts';

const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** The digest straight from the definition: split by the next bit until one entry is left. */
function naiveDigest(entries: [Uint8Array, Uint8Array][], depth = 0): Buffer {
  if (entries.length === 0) return Buffer.alloc(32);
  const [first] = entries as [[Uint8Array, Uint8Array]];
  if (entries.length === 1) return sha(Uint8Array.of(0), first[0], sha(first[1]));
  const bit = (hash: Uint8Array) => ((hash[depth >> 3] ?? 0) >> (7 - (depth % 8))) & 1;
  const left = entries.filter(([hash]) => bit(hash) === 0);
  const right = entries.filter(([hash]) => bit(hash) === 1);
  return sha(Uint8Array.of(1), naiveDigest(left, depth + 1), naiveDigest(right, depth + 1));
}

function naiveOf(model: ReadonlyMap<string, Uint8Array>): string {
  const entries = [...model].map(([key, value]): [Uint8Array, Uint8Array] => [
    sha(utf8(key)),
    value,
  ]);
  return naiveDigest(entries).toString('hex');
}

const steps = fc.array(
  fc.record({
    key: fc.nat(20).map((i) => `key/${i}`),
    value: fc.option(fc.uint8Array({ maxLength: 8 }), { nil: null, freq: 2 }),
  }),
  // Long enough, and with enough deletions, that lone entries move up again and again.
  { maxLength: 80, size: 'max' },
);

function apply(tree: StateTree, key: string, value: Uint8Array | null): StateTree {
  return value === null ? treeDelete(tree, key) : treePut(tree, key, value);
}

describe('the state tree', () => {
  test('holds what a map holds, under the digest its definition gives', () => {
    fc.assert(
      fc.property(steps, (changes) => {
        const model = new Map<string, Uint8Array>();
        let tree = emptyTree;
        for (const { key, value } of changes) {
          tree = apply(tree, key, value);
          if (value === null) model.delete(key);
          else model.set(key, value);
        }
        for (let i = 0; i <= 40; i++) {
          expect(treeGet(tree, `key/${i}`)).toEqual(model.get(`key/${i}`) ?? null);
        }
        expect(treeDigest(tree)).toBe(naiveOf(model));
        expect([...treeEntries(tree)].length).toBe(model.size);
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  test('a snapshot keeps its entries and its digest whatever comes after', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        let tree = emptyTree;
        for (const { key, value } of before) tree = apply(tree, key, value);
        const snapshot = tree;
        const entries = [...treeEntries(snapshot)];
        const digest = treeDigest(snapshot);
        for (const { key, value } of after) tree = apply(tree, key, value);
        treeDigest(tree);
        expect([...treeEntries(snapshot)]).toEqual(entries);
        expect(treeDigest(snapshot)).toBe(digest);
      }),
      { seed: 12, numRuns: 50 },
    );
  });

  test('empty, its digest is all zeros, and again once everything is deleted', () => {
    expect(treeDigest(emptyTree)).toBe(zeroDigest);
    const tree = treePut(treePut(emptyTree, 'a', utf8('1')), 'b', utf8('2'));
    expect(treeDigest(treeDelete(treeDelete(tree, 'a'), 'b'))).toBe(zeroDigest);
  });

  test('proves every entry to an outsider, and nothing else', () => {
    let tree = emptyTree;
    for (let i = 0; i < 50; i++) tree = treePut(tree, `key/${i}`, Uint8Array.of(i));
    const digest = treeDigest(tree);
    for (let i = 0; i < 50; i++) {
      const path = provePath(tree, `key/${i}`) as Uint8Array[];
      expect(verifyStatePath(digest, `key/${i}`, Uint8Array.of(i), path)).toBe(true);
      expect(verifyStatePath(digest, `key/${i}`, Uint8Array.of(i + 1), path)).toBe(false);
      expect(verifyStatePath(digest, `key/${i + 1}`, Uint8Array.of(i), path)).toBe(false);
      expect(verifyStatePath(digest, `key/${i}`, Uint8Array.of(i), path.slice(1))).toBe(false);
      const bent = path.map((sibling, at) => (at === 0 ? flip(sibling, 0) : sibling));
      expect(verifyStatePath(digest, `key/${i}`, Uint8Array.of(i), bent)).toBe(false);
      for (const length of [31, 33]) {
        const odd = path.map((sibling) => Uint8Array.from({ length }, (_, at) => sibling[at] ?? 0));
        expect(verifyStatePath(digest, `key/${i}`, Uint8Array.of(i), odd)).toBe(false);
      }
    }
    expect(provePath(tree, 'key/50')).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  leafHash,
  merklePath,
  merkleRoot,
  merkleTree,
  verifyMerklePath,
} from '../../src/base/merkle.ts';

fc.configureGlobal({ seed: 1999 });

const tree = fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 40 });

describe('Merkle paths (RFC 6962)', () => {
  it('lead every leaf to the root, by either way of making them', () => {
    fc.assert(
      fc.property(tree, (contents) => {
        const leaves = contents.map(leafHash);
        const root = merkleRoot(leaves);
        const { root: again, paths: all } = merkleTree(leaves);
        expect(again).toEqual(root);
        leaves.forEach((leaf, index) => {
          const path = merklePath(leaves, index);
          expect(all[index]).toEqual(path);
          expect(verifyMerklePath(root, leaves.length, index, leaf, path)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('of no leaves are none, under the hash of nothing', () => {
    expect(merkleTree([])).toEqual({ root: merkleRoot([]), paths: [] });
  });

  it('lead nothing else there: no other leaf, place, size, length of path or changed byte', () => {
    fc.assert(
      fc.property(tree, fc.nat(), fc.nat(), (contents, at, bit) => {
        const leaves = contents.map(leafHash);
        const size = leaves.length;
        const index = at % size;
        const leaf = leaves[index] as Uint8Array;
        const path = merklePath(leaves, index);
        const root = merkleRoot(leaves);
        const other = leafHash(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9));
        expect(verifyMerklePath(root, size, index, other, path)).toBe(false);
        expect(verifyMerklePath(root, size, index, leaf, [...path, other])).toBe(false);
        expect(verifyMerklePath(root, size, size, leaf, path)).toBe(false);
        expect(verifyMerklePath(root, size, -1, leaf, path)).toBe(false);
        if (path.length === 0) return;
        expect(verifyMerklePath(root, size, index, leaf, path.slice(1))).toBe(false);
        const changed = path.map((hash) => Uint8Array.from(hash));
        const hash = changed[bit % changed.length] as Uint8Array;
        hash[bit % 32] = (hash[bit % 32] as number) ^ 1;
        expect(verifyMerklePath(root, size, index, leaf, changed)).toBe(false);
        const elsewhere = (index + 1) % size;
        const equalNeighbours = contents[elsewhere]?.toString() === contents[index]?.toString();
        if (!equalNeighbours) {
          expect(verifyMerklePath(root, size, elsewhere, leaf, path)).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });
});

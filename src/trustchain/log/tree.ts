import { assert } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import { nodeHash } from '../../base/merkle.ts';
import { HashColumn } from './hash-column.ts';

/** Of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot = sha256(new Uint8Array());

/**
 * The Merkle tree of RFC 6962 §2.1, growing. Level k holds the hashes of all complete subtrees of
 * 2^k leaves; those on the right edge that are not complete are put together when asked for. So
 * appending costs two hashes on average, a root or a proof at any size at most some log² n, and
 * memory 64 bytes a leaf: half of them leaves, half of them nodes.
 */
export class MerkleTree {
  private readonly levels: HashColumn[] = [new HashColumn()];

  get size(): number {
    return this.level(0).size;
  }

  /** The hash of leaf `index`. */
  leaf(index: number): Uint8Array {
    return this.level(0).at(index);
  }

  /** All leaf hashes, for an index over them. */
  get leaves(): HashColumn {
    return this.level(0);
  }

  append(leaf: Uint8Array): void {
    this.level(0).push(leaf);
    // Each time a level has an even number of nodes, the last two have become one above.
    for (let k = 0; this.level(k).size % 2 === 0; k++) {
      const below = this.level(k);
      if (this.levels.length === k + 1) this.levels.push(new HashColumn());
      this.level(k + 1).push(nodeHash(below.at(below.size - 2), below.at(below.size - 1)));
    }
  }

  /** MTH of the first `size` leaves. */
  root(size: number = this.size): Uint8Array {
    this.assertSize(size);
    return size === 0 ? emptyRoot : this.subtree(0, size);
  }

  /** PATH (§2.1.1): the audit path of leaf `index` among the first `size`, from below. */
  inclusionPath(index: number, size: number): Uint8Array[] {
    this.assertSize(size);
    assert(Number.isSafeInteger(index) && index >= 0 && index < size, `leaf ${index} of ${size}`);
    const path: Uint8Array[] = [];
    let from = 0;
    let to = size;
    while (to - from > 1) {
      const middle = from + largestPowerBelow(to - from);
      const left = index < middle;
      path.push(left ? this.subtree(middle, to) : this.subtree(from, middle));
      if (left) to = middle;
      else from = middle;
    }
    return path.reverse();
  }

  /** PROOF (§2.1.2): that the first `first` leaves are the beginning of the first `second`. */
  consistencyPath(first: number, second: number): Uint8Array[] {
    this.assertSize(second);
    assert(Number.isSafeInteger(first) && first >= 0 && first <= second, `${first} of ${second}`);
    // An empty tree begins everything, and every tree itself: nothing to show (RFC 9162 §2.1.4).
    if (first === 0 || first === second) return [];
    const path: Uint8Array[] = [];
    let from = 0;
    let to = second;
    // SUBPROOF follows the right edge of the old tree until a subtree is complete in both.
    while (first < to) {
      const middle = from + largestPowerBelow(to - from);
      if (first <= middle) {
        path.push(this.subtree(middle, to));
        to = middle;
      } else {
        path.push(this.subtree(from, middle));
        from = middle;
      }
    }
    // The whole old tree is known to who asks; any other subtree is where the proof begins.
    if (from !== 0) path.push(this.subtree(from, to));
    return path.reverse();
  }

  /** MTH of leaves `from` to `to` (excluded), a node of the tree: kept, or put together. */
  private subtree(from: number, to: number): Uint8Array {
    const width = to - from;
    const level = Math.log2(width);
    if (Number.isInteger(level) && from % width === 0) return this.level(level).at(from / width);
    const middle = from + largestPowerBelow(width);
    return nodeHash(this.subtree(from, middle), this.subtree(middle, to));
  }

  private level(k: number): HashColumn {
    const column = this.levels[k];
    assert(column !== undefined, `level ${k} of ${this.levels.length}`);
    return column;
  }

  private assertSize(size: number): void {
    const { size: most } = this;
    assert(Number.isSafeInteger(size) && size >= 0 && size <= most, `size ${size} of ${most}`);
  }
}

/** Largest power of two strictly below `size` (size ≥ 2). */
function largestPowerBelow(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

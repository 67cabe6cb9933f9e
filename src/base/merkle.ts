import { assert } from './assert.ts';
import { concatBytes, equalBytes, Scratch } from './bytes.ts';
import { sha256 } from './digest.ts';

/**
 * Merkle trees as RFC 6962 §2.1 defines them: leaves hash with a 0x00 prefix, inner nodes with
 * 0x01, and the left subtree holds the largest power of two below the number of leaves.
 */
const leafPrefix = new Uint8Array([0]);
/** Where prefix and leaf stand side by side; what is longer gets memory of its own. */
const leafInput = new Scratch(2048);
/** An inner node's input; one for all, because memory of its own costs as much as the hash. */
const one = new Uint8Array([1]);
const nodeInput = new Uint8Array(65);
nodeInput[0] = 1;

export function leafHash(leaf: Uint8Array): Uint8Array {
  const sizeBytes = 1 + leaf.length;
  if (sizeBytes > leafInput.bytes.length) return sha256(concatBytes(leafPrefix, leaf));
  leafInput.bytes.set(leaf, 1);
  return sha256(leafInput.first(sizeBytes));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== 32 || right.length !== 32) return sha256(concatBytes(one, left, right));
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return sha256(nodeInput);
}

/** Largest power of two strictly below `size` (size ≥ 2). */
function split(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

/** Root over already hashed leaves. The empty tree has SHA-256 of nothing as its root. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const k = split(leaves.length);
  return nodeHash(merkleRoot(leaves.slice(0, k)), merkleRoot(leaves.slice(k)));
}

/** Audit path of leaf `index` (RFC 6962 §2.1.1), from the leaf's sibling up. */
export function merklePath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(index >= 0 && index < leaves.length, () => `leaf ${index} of ${leaves.length}`);
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...merklePath(leaves.slice(0, k), index), merkleRoot(leaves.slice(k))]
    : [...merklePath(leaves.slice(k), index - k), merkleRoot(leaves.slice(0, k))];
}

export interface MerkleTree {
  readonly root: Uint8Array;
  /** Audit paths of all leaves, in their order. */
  readonly paths: readonly (readonly Uint8Array[])[];
}

/** As {@link merkleRoot} and {@link merklePath} of every leaf, with no hash computed twice. */
export function merkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  const paths: Uint8Array[][] = leaves.map(() => []);
  const climb = (from: number, to: number): Uint8Array => {
    if (to - from === 1) return leaves[from] as Uint8Array;
    const middle = from + split(to - from);
    const left = climb(from, middle);
    const right = climb(middle, to);
    for (let i = from; i < to; i++) paths[i]?.push(i < middle ? right : left);
    return nodeHash(left, right);
  };
  const root = leaves.length > 0 ? climb(0, leaves.length) : merkleRoot(leaves);
  return { root, paths };
}

/** True when `path` leads from `leaf` (hashed) at `index` of `size` leaves to `root`. */
export function verifyMerklePath(
  root: Uint8Array,
  size: number,
  index: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (index < 0 || index >= size) return false;
  // RFC 9162 §2.1.3.2: `position` and `last` are the indices of the node and of the last node,
  // level by level.
  let position = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(hash, root);
}

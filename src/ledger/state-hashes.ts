import { digestBytes, sha256 } from '../base/digest.ts';
import {
  laneCount,
  leafPrefix,
  MerkleLanes,
  nodePrefix,
  pairStride,
  pairWord,
  roomWord,
} from '../base/merkle-lanes.ts';
import type { Branch, Leaf, Node } from './state-tree.ts';

const emptyHash = new Uint8Array(digestBytes);

/** What is hashed next; one for all, because memory of its own costs as much as the hash. */
const input = new Uint8Array(1 + 2 * digestBytes);

function pairHash(prefix: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  input[0] = prefix;
  input.set(left, 1);
  input.set(right, 1 + digestBytes);
  return sha256(input);
}

export function leafNodeHash(keyHash: Uint8Array, value: Uint8Array): Uint8Array {
  return pairHash(leafPrefix, keyHash, sha256(value));
}

export function branchHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return pairHash(nodePrefix, left, right);
}

export function nodeHash(node: Node | null): Uint8Array {
  if (node === null) return emptyHash;
  if (node.hash === null) hashBelow(node);
  return node.hash as Uint8Array;
}

/** What has no hash yet at `node` and below it, by depth: a change leaves a path of such nodes. */
interface Unhashed {
  readonly leaves: Leaf[];
  readonly branches: Branch[][];
}

/** Hashes by fours, the deepest first, so that all below a branch have theirs. */
function hashBelow(node: Node): void {
  const unhashed: Unhashed = { leaves: [], branches: [] };
  collect(node, 0, unhashed);
  const { leaves, branches } = unhashed;
  hashByFours(
    leafPrefix,
    leaves,
    (leaf) => leaf.keyHash,
    (leaf) => sha256(leaf.value),
  );
  for (let depth = branches.length - 1; depth >= 0; depth--) {
    hashByFours(nodePrefix, branches[depth] as Branch[], leftHash, rightHash);
  }
}

function collect(node: Node | null, depth: number, unhashed: Unhashed): void {
  if (node === null || node.hash !== null) return;
  if (node.type === 'leaf') {
    unhashed.leaves.push(node);
    return;
  }
  let level = unhashed.branches[depth];
  if (level === undefined) {
    level = [];
    unhashed.branches[depth] = level;
  }
  level.push(node);
  collect(node.left, depth + 1, unhashed);
  collect(node.right, depth + 1, unhashed);
}

const leftHash = ({ left }: Branch): Uint8Array => left?.hash ?? emptyHash;
const rightHash = ({ right }: Branch): Uint8Array => right?.hash ?? emptyHash;

let lanes: MerkleLanes | null = null;

function hashByFours<T extends Node>(
  prefix: number,
  nodes: readonly T[],
  left: (node: T) => Uint8Array,
  right: (node: T) => Uint8Array,
): void {
  lanes ??= new MerkleLanes(laneCount * digestBytes);
  for (let at = 0; at < nodes.length; at += laneCount) {
    const count = Math.min(laneCount, nodes.length - at);
    if (count === 1) {
      const node = nodes[at] as T;
      node.hash = pairHash(prefix, left(node), right(node));
      continue;
    }
    for (let lane = 0; lane < count; lane++) {
      const node = nodes[at + lane] as T;
      const slot = pairWord + lane * pairStride;
      lanes.put(left(node), 0, slot);
      lanes.put(right(node), 0, slot + digestBytes / 4);
    }
    lanes.hashPairs(roomWord, prefix);
    for (let lane = 0; lane < count; lane++) {
      const hash = new Uint8Array(digestBytes);
      lanes.take(roomWord + (lane * digestBytes) / 4, hash, 0);
      (nodes[at + lane] as T).hash = hash;
    }
  }
}

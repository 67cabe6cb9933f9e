import { digestBytes, sha256, sha256Into } from '../base/digest.ts';
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

/**
 * A hash as eight words in the machine's order of bytes: among objects, where an array of as few
 * bytes costs three times the memory, and moved without a look at each byte.
 */
export class Words {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
  readonly g: number;
  readonly h: number;

  /** Those that stand in `words` from `at` on. */
  constructor(words: Int32Array, at: number) {
    this.a = words[at] as number;
    this.b = words[at + 1] as number;
    this.c = words[at + 2] as number;
    this.d = words[at + 3] as number;
    this.e = words[at + 4] as number;
    this.f = words[at + 5] as number;
    this.g = words[at + 6] as number;
    this.h = words[at + 7] as number;
  }

  put(words: Int32Array, at: number): void {
    words[at] = this.a;
    words[at + 1] = this.b;
    words[at + 2] = this.c;
    words[at + 3] = this.d;
    words[at + 4] = this.e;
    words[at + 5] = this.f;
    words[at + 6] = this.g;
    words[at + 7] = this.h;
  }

  equals(other: Words): boolean {
    return (
      this.a === other.a &&
      this.b === other.b &&
      this.c === other.c &&
      this.d === other.d &&
      this.e === other.e &&
      this.f === other.f &&
      this.g === other.g &&
      this.h === other.h
    );
  }

  get bytes(): Uint8Array {
    const words = new Int32Array(wordsOfHash);
    this.put(words, 0);
    return new Uint8Array(words.buffer);
  }
}

const wordsOfHash = digestBytes / 4;
/** Of nothing. */
const noWords = new Words(new Int32Array(wordsOfHash), 0);

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

export function nodeHash(node: Node | null): Words {
  if (node === null) return noWords;
  if (node.hash === null) hashBelow(node);
  return node.hash as Words;
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
  hashByFours(leafPrefix, leaves, putLeaf);
  for (let depth = branches.length - 1; depth >= 0; depth--) {
    hashByFours(nodePrefix, branches[depth] as Branch[], putBranch);
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

function putLeaf(lanes: MerkleLanes, { keyHash, value }: Leaf, slot: number): void {
  lanes.put(keyHash, 0, slot);
  sha256Into(value, lanes.bytes, 4 * (slot + wordsOfHash));
}

function putBranch(lanes: MerkleLanes, { left, right }: Branch, slot: number): void {
  (left?.hash ?? noWords).put(lanes.words, slot);
  (right?.hash ?? noWords).put(lanes.words, slot + wordsOfHash);
}

let lanes: MerkleLanes | null = null;

function hashByFours<T extends Node>(
  prefix: number,
  nodes: readonly T[],
  put: (lanes: MerkleLanes, node: T, slot: number) => void,
): void {
  lanes ??= new MerkleLanes(laneCount * digestBytes);
  for (let at = 0; at < nodes.length; at += laneCount) {
    const count = Math.min(laneCount, nodes.length - at);
    for (let lane = 0; lane < count; lane++) {
      put(lanes, nodes[at + lane] as T, pairWord + lane * pairStride);
    }
    lanes.hashPairs(roomWord, prefix);
    for (let lane = 0; lane < count; lane++) {
      (nodes[at + lane] as T).hash = new Words(lanes.words, roomWord + lane * wordsOfHash);
    }
  }
}

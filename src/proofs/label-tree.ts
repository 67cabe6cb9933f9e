import { assert } from '../base/assert.ts';
import { concatBytes, toHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import {
  laneCount,
  MerkleLanes,
  pairStride,
  pairWord,
  roomWord,
  singleStride,
  singleWord,
} from '../base/merkle-lanes.ts';
import { limits } from './limits.ts';

export const labelBytes = 32;
const labelWords = labelBytes / 4;

/**
 * Merkle tree over a power of two of 32-byte labels with all its levels kept, so that openings
 * cost copies and no hashes. The root is the one RFC 6962 §2.1 gives for the same leaves.
 */
export interface LabelTree {
  /** `levels[0]` are the leaf hashes, the last level is the root; 32 bytes a node. */
  readonly levels: readonly Uint8Array[];
}

/** `labels` are a power of two of 32-byte labels in one array. */
export function buildLabelTree(labels: Uint8Array): LabelTree {
  const count = labels.length / labelBytes;
  assert(Number.isInteger(Math.log2(count)), `${count} labels are no power of two`);
  const lanes = lanesForAll();
  const leaves = new Uint8Array(labels.length);
  for (let at = 0; at < count; at += laneCount) {
    const now = Math.min(laneCount, count - at);
    for (let lane = 0; lane < now; lane++) {
      lanes.put(labels, (at + lane) * labelBytes, singleWord + lane * singleStride);
    }
    lanes.hashSingles(nodesWord);
    takeNodes(lanes, now, leaves, at);
  }
  return { levels: buildNodeLevels(leaves) };
}

/** `nodes` (a power of two, 32 bytes each) and all levels above them, the root last. */
export function buildNodeLevels(nodes: Uint8Array): Uint8Array[] {
  const levels = [nodes];
  const lanes = lanesForAll();
  let level = nodes;
  while (level.length > labelBytes) {
    const above = new Uint8Array(level.length / 2);
    const count = above.length / labelBytes;
    for (let at = 0; at < count; at += laneCount) {
      const now = Math.min(laneCount, count - at);
      for (let lane = 0; lane < now; lane++) {
        const from = (at + lane) * 2 * labelBytes;
        const to = pairWord + lane * pairStride;
        lanes.put(level, from, to);
        lanes.put(level, from + labelBytes, to + labelWords);
      }
      lanes.hashPairs(nodesWord);
      takeNodes(lanes, now, above, at);
    }
    levels.push(above);
    level = above;
  }
  return levels;
}

function takeNodes(lanes: MerkleLanes, count: number, level: Uint8Array, at: number): void {
  for (let lane = 0; lane < count; lane++) {
    lanes.take(nodesWord + lane * labelWords, level, (at + lane) * labelBytes);
  }
}

export function labelTreeRoot(tree: LabelTree): Uint8Array {
  return tree.levels[tree.levels.length - 1] as Uint8Array;
}

/**
 * One proof for many leaves: the hashes that `positions` (distinct, ascending) do not yield
 * themselves, level by level from the leaves, left to right, 32 bytes each.
 */
export function openTogether(tree: LabelTree, positions: readonly number[]): Uint8Array {
  return openNodes(tree.levels.length - 1, positions, (level, at) =>
    (tree.levels[level] as Uint8Array).subarray(at * labelBytes, (at + 1) * labelBytes),
  );
}

/** As {@link openTogether}, for a tree of `depth` levels whose nodes are kept anywhere. */
export function openNodes(
  depth: number,
  positions: readonly number[],
  nodeAt: (level: number, at: number) => Uint8Array,
): Uint8Array {
  const siblings: Uint8Array[] = [];
  let known: readonly number[] = positions;
  for (let level = 0; level < depth; level++) {
    const above: number[] = [];
    for (let i = 0; i < known.length; i++) {
      const at = known[i] as number;
      if (at % 2 === 0 && known[i + 1] === at + 1) i++;
      else siblings.push(nodeAt(level, at ^ 1));
      above.push(at >>> 1);
    }
    known = above;
  }
  return concatBytes(...siblings);
}

/** Hashes that stand side by side, one by one: views. */
export function hashesIn(hashes: Uint8Array): Uint8Array[] {
  return Array.from({ length: hashes.length / labelBytes }, (_, i) =>
    hashes.subarray(i * labelBytes, (i + 1) * labelBytes),
  );
}

/** Labels that can be opened together: as many as any proof opens. */
const maxOpened = 256;
const maxSiblingsBytes = limits.siblings * labelBytes;
const nodesWord = roomWord;
const siblingsWord = nodesWord + maxOpened * labelWords;
const roomBytes = maxOpened * labelBytes + maxSiblingsBytes;

let lanes: MerkleLanes | null = null;

/** Made for the first tree: it takes some 20 ms, and most commands have none. */
function lanesForAll(): MerkleLanes {
  lanes ??= new MerkleLanes(roomBytes);
  return lanes;
}

/** Where the nodes known of the present level stand in it, ascending. */
const places = new Uint32Array(maxOpened);

/**
 * True when `labels` at `positions` (distinct, ascending) with `siblings` (32 bytes each), all of
 * them used, lead to `root` over a tree of `size` leaves (a power of two).
 */
export function verifyTogether(
  root: Digest,
  size: number,
  positions: readonly number[],
  labels: readonly Uint8Array[],
  siblings: Uint8Array,
): boolean {
  const { length } = positions;
  if (length === 0 || length !== labels.length) return false;
  assert(length <= maxOpened, () => `${length} openings, at most ${maxOpened}`);
  if (siblings.length % labelBytes !== 0 || siblings.length > maxSiblingsBytes) return false;
  for (const label of labels) if (label.length !== labelBytes) return false;
  const climb: Climb = {
    lanes: lanesForAll(),
    known: length,
    sibling: siblingsWord,
    endOfSiblings: siblingsWord + siblings.length / 4,
  };
  climb.lanes.bytes.set(siblings, siblingsWord * 4);
  for (let i = 0; i < length; i++) places[i] = positions[i] as number;
  hashLeaves(climb.lanes, labels);
  for (let width = size; width > 1; width /= 2) if (!climbLevel(climb)) return false;
  const done = climb.sibling === climb.endOfSiblings && climb.known === 1 && places[0] === 0;
  const top = nodesWord * 4;
  return done && toHex(climb.lanes.bytes.subarray(top, top + labelBytes)) === root;
}

/** A tree under reconstruction. */
interface Climb {
  readonly lanes: MerkleLanes;
  /** Nodes of the present level; they stand at the beginning of the room for nodes. */
  known: number;
  /** Where the next sibling is, and where there are none left. */
  sibling: number;
  readonly endOfSiblings: number;
}

function hashLeaves(lanes: MerkleLanes, labels: readonly Uint8Array[]): void {
  let lane = 0;
  for (let i = 0; i < labels.length; i++) {
    lanes.put(labels[i] as Uint8Array, 0, singleWord + lane * singleStride);
    if (++lane < laneCount && i + 1 < labels.length) continue;
    lanes.hashSingles(nodesWord + (i + 1 - lane) * labelWords);
    lane = 0;
  }
}

/**
 * Puts the nodes above in the place of those below, by fours: each comes from one or two, so no
 * hash takes the place of a node that is still to be read. False: a sibling is missing.
 */
function climbLevel(climb: Climb): boolean {
  const { lanes, known } = climb;
  let above = 0;
  let lane = 0;
  for (let i = 0; i < known; i++) {
    const place = places[i] as number;
    const isRight = place & 1;
    const slot = pairWord + lane * pairStride;
    lanes.move(nodesWord + i * labelWords, slot + isRight * labelWords);
    if (isRight === 0 && i + 1 < known && places[i + 1] === place + 1) {
      lanes.move(nodesWord + ++i * labelWords, slot + labelWords);
    } else {
      if (climb.sibling === climb.endOfSiblings) return false;
      lanes.move(climb.sibling, slot + (1 - isRight) * labelWords);
      climb.sibling += labelWords;
    }
    places[above + lane] = place >>> 1;
    if (++lane < laneCount && i + 1 < known) continue;
    lanes.hashPairs(nodesWord + above * labelWords);
    above += lane;
    lane = 0;
  }
  climb.known = above;
  return true;
}

import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { sha256, sha256Into } from '../base/digest.ts';

export const labelBytes = 32;

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
  const leaf = new Uint8Array(1 + labelBytes);
  const level = new Uint8Array(labels.length);
  for (let at = 0; at < labels.length; at += labelBytes) {
    leaf.set(labels.subarray(at, at + labelBytes), 1);
    level.set(sha256(leaf), at);
  }
  return { levels: buildNodeLevels(level) };
}

/** `nodes` (a power of two, 32 bytes each) and all levels above them, the root last. */
export function buildNodeLevels(nodes: Uint8Array): Uint8Array[] {
  const levels = [nodes];
  let level = nodes;
  while (level.length > labelBytes) {
    const above = new Uint8Array(level.length / 2);
    for (let at = 0; at < above.length; at += labelBytes) {
      pair.set(level.subarray(at * 2, at * 2 + 2 * labelBytes), 1);
      above.set(sha256(pair), at);
    }
    levels.push(above);
    level = above;
  }
  return levels;
}

export function labelTreeRoot(tree: LabelTree): Uint8Array {
  return tree.levels[tree.levels.length - 1] as Uint8Array;
}

/**
 * One proof for many leaves: the hashes that `positions` (distinct, ascending) do not yield
 * themselves, level by level from the leaves, left to right.
 */
export function openTogether(tree: LabelTree, positions: readonly number[]): Uint8Array[] {
  return openNodes(tree.levels.length - 1, positions, (level, at) =>
    (tree.levels[level] as Uint8Array).slice(at * labelBytes, (at + 1) * labelBytes),
  );
}

/** As {@link openTogether}, for a tree of `depth` levels whose nodes are kept anywhere. */
export function openNodes(
  depth: number,
  positions: readonly number[],
  nodeAt: (level: number, at: number) => Uint8Array,
): Uint8Array[] {
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
  return siblings;
}

/**
 * True when `labels` at `positions` (distinct, ascending) with `siblings`, all of them used, lead
 * to `root` over a tree of `size` leaves (a power of two).
 */
export function verifyTogether(
  root: Uint8Array,
  size: number,
  positions: readonly number[],
  labels: readonly Uint8Array[],
  siblings: readonly Uint8Array[],
): boolean {
  const { length } = positions;
  if (length === 0 || length !== labels.length) return false;
  if (!labels.every((label) => label.length === labelBytes)) return false;
  if (!siblings.every((sibling) => sibling.length === labelBytes)) return false;
  const climb: Climb = {
    places: positions.slice(),
    known: length,
    hashes: new Uint8Array(length * labelBytes),
    siblings,
    used: 0,
  };
  for (let i = 0; i < length; i++) {
    leafInput.set(labels[i] as Uint8Array, 1);
    sha256Into(leafInput, climb.hashes, i * labelBytes);
  }
  for (let width = size; width > 1; width /= 2) if (!climbLevel(climb)) return false;
  const done = climb.used === siblings.length && climb.known === 1 && climb.places[0] === 0;
  return done && equalBytes(climb.hashes.subarray(0, labelBytes), root);
}

/** A tree under reconstruction: the nodes known of one level, ascending, in memory of their own. */
interface Climb {
  /** Where each node stands in its level; of these and of `hashes` the first `known` count. */
  readonly places: number[];
  known: number;
  readonly hashes: Uint8Array;
  readonly siblings: readonly Uint8Array[];
  used: number;
}

/** What is hashed next; one each for all, because memory of its own costs as much as the hash. */
const leafInput = new Uint8Array(1 + labelBytes);
const pair = new Uint8Array(1 + 2 * labelBytes);
pair[0] = 1;

/** Puts the nodes above in the place of those below. False: a sibling is missing. */
function climbLevel(climb: Climb): boolean {
  const { places, hashes, siblings, known } = climb;
  let above = 0;
  for (let i = 0; i < known; i++) {
    const place = places[i] as number;
    const isRight = place % 2;
    takeHash(hashes, i, isRight);
    if (isRight === 0 && i + 1 < known && places[i + 1] === place + 1) {
      takeHash(hashes, ++i, 1);
    } else {
      const sibling = siblings[climb.used++];
      if (sibling === undefined) return false;
      pair.set(sibling, 1 + (1 - isRight) * labelBytes);
    }
    sha256Into(pair, hashes, above * labelBytes);
    places[above++] = place >>> 1;
  }
  climb.known = above;
  return true;
}

/** Byte by byte: a view of so few bytes costs more than to copy them. */
function takeHash(hashes: Uint8Array, node: number, side: number): void {
  const from = node * labelBytes;
  const to = 1 + side * labelBytes;
  for (let i = 0; i < labelBytes; i++) pair[to + i] = hashes[from + i] as number;
}

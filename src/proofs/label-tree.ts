import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';

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

/** A node of the tree under reconstruction: where it stands in its level, and its hash. */
interface Placed {
  readonly at: number;
  readonly hash: Uint8Array;
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
  if (positions.length === 0 || positions.length !== labels.length) return false;
  if (!labels.every((label) => label.length === labelBytes)) return false;
  if (!siblings.every((sibling) => sibling.length === labelBytes)) return false;
  const leaf = new Uint8Array(1 + labelBytes);
  let level: Placed[] = labels.map((label, i) => {
    leaf.set(label, 1);
    return { at: positions[i] as number, hash: sha256(leaf) };
  });
  let used = 0;
  for (let width = size; width > 1; width /= 2) {
    const climbed = climb(level, siblings, used);
    if (climbed === null) return false;
    level = climbed.level;
    used = climbed.used;
  }
  const top = level[0];
  return used === siblings.length && top?.at === 0 && equalBytes(top.hash, root);
}

/** An inner node's input; one for all, because memory of its own costs as much as the hash. */
const pair = new Uint8Array(1 + 2 * labelBytes);
pair[0] = 1;

function climb(
  level: readonly Placed[],
  siblings: readonly Uint8Array[],
  from: number,
): { level: Placed[]; used: number } | null {
  const above: Placed[] = [];
  const pair = new Uint8Array(1 + 2 * labelBytes);
  pair[0] = 1;
  let used = from;
  for (let i = 0; i < level.length; i++) {
    const node = level[i] as Placed;
    const next = level[i + 1];
    let other: Uint8Array | undefined;
    if (node.at % 2 === 0 && next?.at === node.at + 1) {
      other = next.hash;
      i++;
    } else {
      other = siblings[used++];
    }
    if (other === undefined) return null;
    pair.set(node.at % 2 === 0 ? node.hash : other, 1);
    pair.set(node.at % 2 === 0 ? other : node.hash, 1 + labelBytes);
    above.push({ at: node.at >>> 1, hash: sha256(pair) });
  }
  return { level: above, used };
}

import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import {
  buildLabelTree,
  buildNodeLevels,
  labelBytes,
  labelTreeRoot,
  openNodes,
} from './label-tree.ts';

/** Labels of one row, kept anywhere: 32 bytes each, by column. Columns are within the row. */
export interface LabelStore {
  /** `count` labels from column `from`; the caller may keep and change the bytes. */
  read(from: number, count: number): Uint8Array;
  write(from: number, labels: Uint8Array): void;
}

/**
 * The upper part of the Merkle tree over a row: the levels from the roots of equal subtrees up. The
 * lower part is hashed again when it is opened.
 */
export interface TreeTop {
  /** log2 of the labels under each node of the lowest level here. */
  readonly bottom: number;
  /** `levels[0]` are the subtree roots, the last level is the root; 32 bytes a node. */
  readonly levels: readonly Uint8Array[];
}

/** Subtrees of at least 256 labels, larger where the top would pass 2^17 subtrees (8 MiB). */
export function topBottom(labels: number): number {
  return Math.min(Math.log2(labels), Math.max(8, Math.log2(labels) - 17));
}

/** The top over subtree roots, 32 bytes each, a power of two of them. */
export function treeTop(bottom: number, subtreeRoots: Uint8Array): TreeTop {
  return { bottom, levels: buildNodeLevels(subtreeRoots) };
}

export function topRoot(top: TreeTop): Uint8Array {
  return top.levels[top.levels.length - 1] as Uint8Array;
}

/** A row as it is opened: its labels and the top of its tree. */
export interface StoredRow {
  readonly store: LabelStore;
  readonly top: TreeTop;
}

/** What was stored is not what was made: the store, or the disk under it, has changed labels. */
export class DamagedPlotError extends Error {
  override name = 'DamagedPlotError';
}

/** Labels at `positions` (distinct, ascending) and the siblings that lead to the row's root. */
export function openStored(
  { store, top }: StoredRow,
  positions: readonly number[],
): { readonly opened: Uint8Array[]; readonly siblings: Uint8Array } {
  const { bottom, levels } = top;
  const subtrees = new Map<number, readonly Uint8Array[]>();
  const subtree = (index: number): readonly Uint8Array[] => {
    let found = subtrees.get(index);
    if (found === undefined) {
      found = rebuild(store, top, index);
      subtrees.set(index, found);
    }
    return found;
  };
  const nodeAt = (level: number, at: number): Uint8Array => {
    if (level >= bottom) return nodeOf(levels[level - bottom] as Uint8Array, at);
    const width = 2 ** (bottom - level);
    return nodeOf(subtree(Math.floor(at / width))[level + 1] as Uint8Array, at % width);
  };
  const opened = positions.map((position) => {
    const [labels] = subtree(Math.floor(position / 2 ** bottom));
    return nodeOf(labels as Uint8Array, position % 2 ** bottom);
  });
  return { opened, siblings: openNodes(bottom + levels.length - 1, positions, nodeAt) };
}

/** The labels of a subtree and the levels of hashes above them. */
function rebuild(store: LabelStore, top: TreeTop, index: number): readonly Uint8Array[] {
  const width = 2 ** top.bottom;
  const labels = store.read(index * width, width);
  const tree = buildLabelTree(labels);
  const expected = nodeOf(top.levels[0] as Uint8Array, index);
  if (!equalBytes(labelTreeRoot(tree), expected)) {
    throw new DamagedPlotError(`labels ${index * width} to ${(index + 1) * width - 1} changed`);
  }
  return [labels, ...tree.levels];
}

function nodeOf(level: Uint8Array, at: number): Uint8Array {
  assert((at + 1) * labelBytes <= level.length, `node ${at} of ${level.length / labelBytes}`);
  return level.slice(at * labelBytes, (at + 1) * labelBytes);
}

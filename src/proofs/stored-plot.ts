import type { Digest } from '../base/digest.ts';
import { openTogether } from './label-tree.ts';
import { labelAt, type Plot } from './plot.ts';
import { openStored, type StoredRow } from './stored-row.ts';

/** A plot whose kept row is not in memory. */
export interface StoredPlot {
  readonly nodeId: Uint8Array;
  /** A power of two. */
  readonly labels: number;
  readonly scaleFactor: number;
  readonly root: Digest;
  readonly kept: StoredRow;
}

export type AnyPlot = Plot | StoredPlot;

/** Labels at `positions` (distinct, ascending) of the kept row and their siblings. */
export function openPlot(
  plot: AnyPlot,
  positions: readonly number[],
): { readonly opened: Uint8Array[]; readonly siblings: Uint8Array } {
  if ('kept' in plot) return openStored(plot.kept, positions);
  return {
    opened: positions.map((position) => labelAt(plot.row, position).slice()),
    siblings: openTogether(plot.tree, positions),
  };
}

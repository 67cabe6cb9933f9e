import { Writer } from '../base/codec.ts';
import { digestToBytes } from '../base/digest.ts';

/**
 * The graph of a plot: {@link plotRows} rows of equally many columns.
 *
 * Inside a row stands DRSample (Alwen, Blocki, Harsha, "Practical Graphs for Optimal
 * Side-Channel Resistant Memory-Hard Functions", CCS 2017, Algorithm 1): each column hangs on the
 * one before it and on one further back at a distance drawn from a random power-of-two bucket.
 * Between rows stands a random bipartite graph, an expander with high probability: each column
 * hangs on {@link expanderDegree} columns of the row below. Rows stacked so are the construction
 * of Fisch, "Tight Proofs of Space and Replication", EUROCRYPT 2019; only the last row is kept.
 *
 * Three rows are few: the space bound is loose (deployments take eleven, at the same price per
 * row in making, none in checking openings).
 */
export const plotRows = 3;
export const expanderDegree = 4;

/** Where the inputs of one label are, as columns. Column 0 has no parents in its own row. */
export interface Parents {
  /** In the same row: empty, or the column before and the DRSample one. */
  readonly row: readonly number[];
  /** In the row below, when there is one. */
  readonly below: readonly number[];
}

/** Eight uniform 32-bit words that fix one column's edges. The same in every row and plot. */
function edgeWords(labels: number, column: number): DataView {
  const seed = new Writer(8).u32(labels).u32(column).finish();
  const block = digestToBytes('hypermesh/plot-edges', seed);
  return new DataView(block.buffer, block.byteOffset, block.byteLength);
}

/** Edges of `column` (from 0) in a graph of `labels` columns, the same in every row and plot. */
export function columnParents(labels: number, column: number): Parents {
  const words = edgeWords(labels, column);
  const below: number[] = [];
  for (let i = 0; i < expanderDegree; i++) below.push(words.getUint32(8 + 4 * i) % labels);
  if (column === 0) return { row: [], below };
  return { row: [column - 1, drSampleParent(words, column)], below };
}

/** DRSample counts nodes from 1: node v = column + 1 hangs on v − r. */
function drSampleParent(words: DataView, column: number): number {
  const v = column + 1;
  if (v === 2) return 0;
  const bucket = 1 + (words.getUint32(0) % (Math.floor(Math.log2(v)) + 1));
  const farthest = Math.min(v - 1, 2 ** bucket);
  const nearest = Math.min(farthest, Math.max(2 ** bucket / 2, 2));
  const r = nearest + (words.getUint32(4) % (farthest - nearest + 1));
  return v - r - 1;
}

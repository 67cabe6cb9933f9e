import { Writer } from '../base/codec.ts';
import { expandBytes } from '../base/digest.ts';

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

/** Edges are drawn for so many columns at once: one extendable hash costs little more than one. */
const columnsPerDraw = 64;
const bytesPerColumn = 32;

/** The draw asked for last: plots are made column by column. */
let drawn: { labels: number; draw: number; words: DataView } = {
  labels: 0,
  draw: 0,
  words: new DataView(new ArrayBuffer(0)),
};

/** Eight uniform 32-bit words a column: those of columns 64 × `draw` and on. */
function drawWords(labels: number, draw: number): DataView {
  if (drawn.labels === labels && drawn.draw === draw) return drawn.words;
  const seed = new Writer(8).u32(labels).u32(draw).finish();
  const bytes = expandBytes('hypermesh/plot-edges', seed, columnsPerDraw * bytesPerColumn);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  drawn = { labels, draw, words };
  return words;
}

/** Inputs of one label at most. */
export const edgesPerColumn = 2 + expanderDegree;

/**
 * Writes the edges of `column` (from 0) in a graph of `labels` columns (a power of two) to
 * `out[at]` and on: the column before, the DRSample one, then those below. Column 0 has no use for
 * the first two. The same in every row and plot.
 */
export function writeEdges(labels: number, column: number, out: Uint32Array, at: number): void {
  const words = drawWords(labels, Math.floor(column / columnsPerDraw));
  const first = (column % columnsPerDraw) * bytesPerColumn;
  if (column > 0) {
    out[at] = column - 1;
    out[at + 1] = drSampleParent(column, words.getUint32(first), words.getUint32(first + 4));
  }
  for (let i = 0; i < expanderDegree; i++) {
    out[at + 2 + i] = words.getUint32(first + 8 + 4 * i) % labels;
  }
}

/** The edges of one column, see {@link writeEdges}. */
export function columnParents(labels: number, column: number): Parents {
  const edges = new Uint32Array(edgesPerColumn);
  writeEdges(labels, column, edges, 0);
  return { row: column === 0 ? [] : [...edges.subarray(0, 2)], below: [...edges.subarray(2)] };
}

/** DRSample counts nodes from 1: node v = column + 1 hangs on v − r. */
function drSampleParent(column: number, bucketWord: number, distanceWord: number): number {
  const v = column + 1;
  const bucket = 1 + (bucketWord % (Math.floor(Math.log2(v)) + 1));
  const farthest = Math.min(v - 1, 2 ** bucket);
  const nearest = Math.min(farthest, Math.max(2 ** bucket / 2, 2));
  const r = nearest + (distanceWord % (farthest - nearest + 1));
  return v - r - 1;
}

import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import { type Digest, digestToBytes, sha256 } from '../base/digest.ts';
import { publicKeyBytes } from '../base/signature.ts';
import { buildLabelTree, type LabelTree, labelBytes, labelTreeRoot } from './label-tree.ts';
import { limits } from './limits.ts';
import { edgesPerColumn, plotRows, writeEdges } from './plot-graph.ts';

/** Made in memory: 2^22 labels are 128 MiB, and their edges as much again. */
const maxLabelsInMemory = 2 ** 22;
/** Between two calls of the progress hook. */
const progressInterval = 4096;

/** The kept row of one node's plot, ready to be opened. */
export interface Plot {
  readonly nodeId: Uint8Array;
  /** A power of two. */
  readonly labels: number;
  readonly scaleFactor: number;
  /** `labels` × 32 bytes. */
  readonly row: Uint8Array;
  readonly tree: LabelTree;
  /** What the ledger registers. */
  readonly root: Digest;
}

/** Labels made so far, of all rows together. */
export type PlotProgress = (done: number, total: number) => void;

export function isPlotSize(labels: number): boolean {
  return (
    labels >= limits.minPlotLabels &&
    labels <= limits.maxPlotLabels &&
    Number.isInteger(Math.log2(labels))
  );
}

/** What makes every label the node's own: no label serves two keys. 32 bytes. */
export function plotSeed(nodeId: Uint8Array, labels: number): Uint8Array {
  const bytes = new Writer(40).fixed(nodeId).u32(labels).finish();
  return digestToBytes('hypermesh/plot', bytes);
}

/** SHA-256(seed ‖ row ‖ column ‖ parents in the row ‖ parents below), 32 bytes. */
export function plotLabel(
  seed: Uint8Array,
  row: number,
  column: number,
  parents: readonly Uint8Array[],
): Uint8Array {
  const writer = new Writer(37 + parents.length * labelBytes).fixed(seed).u8(row).u32(column);
  for (const parent of parents) writer.fixed(parent);
  return sha256(writer.finish());
}

/**
 * Labels every row of the graph and keeps the last. `labels` is a power of two; 32,768 (1 MiB)
 * take a fraction of a second, and the time grows in proportion.
 */
export function makePlot(
  nodeId: Uint8Array,
  labels: number,
  scaleFactor = 1,
  onProgress: PlotProgress = () => {},
): Plot {
  assert(scaleFactor >= 1 && scaleFactor <= limits.maxScaleFactor, `scale factor ${scaleFactor}`);
  const rows = makeRows(nodeId, labels, onProgress);
  const row = rows[plotRows - 1] as Uint8Array;
  const tree = buildLabelTree(row);
  return { nodeId, labels, scaleFactor, row, tree, root: toHex(labelTreeRoot(tree)) };
}

/** All rows, lowest first: what registration opens. Twice the memory and no more time. */
export function makeRows(
  nodeId: Uint8Array,
  labels: number,
  onProgress: PlotProgress = () => {},
): Uint8Array[] {
  assert(isPlotSize(labels) && labels <= maxLabelsInMemory, `a plot of ${labels} labels`);
  assert(nodeId.length === publicKeyBytes, `node key of ${nodeId.length} bytes`);
  const seed = plotSeed(nodeId, labels);
  const edges = allEdges(labels);
  const rows: Uint8Array[] = [];
  for (let row = 0; row < plotRows; row++) {
    const below = rows[row - 1] ?? null;
    rows.push(
      makeRow(seed, row, labels, below, edges, (done) =>
        onProgress(row * labels + done, plotRows * labels),
      ),
    );
  }
  return rows;
}

/** Edges of every column side by side, as columns; column 0 has no use for its first two. */
function allEdges(labels: number): Uint32Array {
  const edges = new Uint32Array(labels * edgesPerColumn);
  for (let column = 0; column < labels; column++) {
    writeEdges(labels, column, edges, column * edgesPerColumn);
  }
  return edges;
}

function makeRow(
  seed: Uint8Array,
  row: number,
  labels: number,
  below: Uint8Array | null,
  edges: Uint32Array,
  onDone: (done: number) => void,
): Uint8Array {
  const out = Buffer.alloc(labels * labelBytes);
  const under = below === null ? null : Buffer.from(below.buffer, below.byteOffset, below.length);
  const input = Buffer.alloc(37 + edgesPerColumn * labelBytes);
  input.set(seed);
  input[32] = row;
  for (let column = 0; column < labels; column++) {
    input.writeUInt32BE(column, 33);
    let at = 37;
    for (let i = column === 0 ? 2 : 0; i < edgesPerColumn; i++) {
      const source = i < 2 ? out : under;
      if (source === null) break;
      const from = (edges[column * edgesPerColumn + i] as number) * labelBytes;
      source.copy(input, at, from, from + labelBytes);
      at += labelBytes;
    }
    out.set(sha256(input.subarray(0, at)), column * labelBytes);
    if ((column + 1) % progressInterval === 0 || column + 1 === labels) onDone(column + 1);
  }
  // Not the Buffer itself: its slice() is a view, and callers count on copies.
  return new Uint8Array(out.buffer, out.byteOffset, out.length);
}

/** One label of a row held in memory: a view. */
export function labelAt(row: Uint8Array, column: number): Uint8Array {
  return row.subarray(column * labelBytes, (column + 1) * labelBytes);
}

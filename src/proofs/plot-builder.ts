/**
 * Makes a plot whose rows do not fit into memory. Every label hangs on labels anywhere in its own
 * row and the row below, so a row is made in blocks of columns, and what a block needs from outside
 * itself is gathered first, in one pass over the stored rows: sequential reads instead of six
 * random ones for each label. Memory is about {@link bytesPerBlockLabel} times the block, whatever
 * the size of the plot; the passes are its size over the block's.
 */
import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import { buildLabelTree, labelBytes, labelTreeRoot } from './label-tree.ts';
import { isPlotSize, plotSeed } from './plot.ts';
import { edgesPerColumn, plotRows, writeEdges } from './plot-graph.ts';
import { type LabelStore, type TreeTop, topBottom, topRoot, treeTop } from './stored-row.ts';

/** Labels in a block: 136 MiB of buffers (a process of 450), 64 passes over a row of 1 GiB. */
export const defaultBlockLabels = 2 ** 19;
/** Gathered inputs, edges, their order by place, and the block's own labels. */
export const bytesPerBlockLabel = edgesPerColumn * (labelBytes + 4 + 4) + labelBytes;
/** Read at once while gathering, where a block is not smaller: 1 MiB. */
const labelsPerRead = 2 ** 15;
/** Read between two looks at the caller. */
const readsPerSlice = 16;
/** Hashed between two looks at the caller: some ten milliseconds. */
const labelsPerSlice = 2 ** 12;
/** A label's input before its parents: seed, row, column. */
const headBytes = 37;

export interface PlotBuilderOptions {
  readonly nodeId: Uint8Array;
  /** A power of two. */
  readonly labels: number;
  /** Where each row goes, lowest first; read again while the row above is made. */
  readonly stores: readonly LabelStore[];
  /** A power of two, and a subtree at least: see {@link topBottom}. */
  readonly blockLabels?: number;
}

/** The trees of all rows, lowest first. */
export interface BuiltPlot {
  readonly tops: readonly TreeTop[];
  readonly rowRoots: readonly Digest[];
}

/**
 * Labels every row into its store. Yields the labels made so far, of all rows together, every few
 * milliseconds of computation; whoever drives it may stop at any yield.
 */
export function* buildPlot(options: PlotBuilderOptions): Generator<number, BuiltPlot> {
  const { nodeId, labels, stores } = options;
  const blockLabels = Math.min(labels, options.blockLabels ?? defaultBlockLabels);
  assert(isPlotSize(labels), `a plot of ${labels} labels`);
  assert(stores.length === plotRows, `${stores.length} stores for ${plotRows} rows`);
  const isWhole = blockLabels >= 2 ** topBottom(labels) && Number.isInteger(Math.log2(blockLabels));
  assert(isWhole, `blocks of ${blockLabels} labels`);
  const seed = plotSeed(nodeId, labels);
  const block = new Block(labels, blockLabels);
  const tops: TreeTop[] = [];
  for (let row = 0; row < plotRows; row++) {
    const store = stores[row] as LabelStore;
    const below = row === 0 ? null : (stores[row - 1] as LabelStore);
    const tree = new TopBuilder(labels);
    for (let first = 0; first < labels; first += blockLabels) {
      const made = row * labels + first;
      for (const _ of block.gather(first, store, below)) yield made;
      for (const done of block.label(seed, row, tree)) yield made + done;
      store.write(first, block.labels);
    }
    tops.push(tree.finish());
  }
  return { tops, rowRoots: tops.map((top) => toHex(topRoot(top))) };
}

/** Collects the roots of a row's subtrees as its labels are made. */
class TopBuilder {
  readonly width: number;
  private readonly bottom: number;
  private readonly roots: Uint8Array;
  private count = 0;

  constructor(labels: number) {
    this.bottom = topBottom(labels);
    this.width = 2 ** this.bottom;
    this.roots = new Uint8Array((labels / this.width) * labelBytes);
  }

  /** `labels`: the next subtree's. */
  add(labels: Uint8Array): void {
    this.roots.set(labelTreeRoot(buildLabelTree(labels)), this.count++ * labelBytes);
  }

  finish(): TreeTop {
    return treeTop(this.bottom, this.roots);
  }
}

/** The columns under work, with the inputs of their labels. */
class Block {
  /** The block's own labels, once made. */
  readonly labels: Uint8Array;
  private readonly total: number;
  private readonly size: number;
  private readonly edges: Uint32Array;
  /** Inputs gathered from outside the block: {@link edgesPerColumn} × 32 bytes a column. */
  private readonly inputs: Uint8Array;
  private readonly inputWords: Uint32Array;
  private readonly labelWords: Uint32Array;
  /** Numbers of edges (column × {@link edgesPerColumn} + which) by the place they lead to. */
  private readonly order: Uint32Array;
  private first = 0;

  constructor(total: number, size: number) {
    this.total = total;
    this.size = size;
    this.edges = new Uint32Array(size * edgesPerColumn);
    this.order = new Uint32Array(size * edgesPerColumn);
    this.inputs = new Uint8Array(size * edgesPerColumn * labelBytes);
    this.inputWords = new Uint32Array(this.inputs.buffer);
    this.labels = new Uint8Array(size * labelBytes);
    this.labelWords = new Uint32Array(this.labels.buffer);
  }

  /** Turns to the columns from `first` on and fetches what they need of earlier blocks and rows. */
  *gather(first: number, own: LabelStore, below: LabelStore | null): Generator<void> {
    this.first = first;
    for (let i = 0; i < this.size; i++) {
      writeEdges(this.total, first + i, this.edges, i * edgesPerColumn);
    }
    yield;
    yield* this.fetch(own, (which, column) => which < 2 && column < first);
    if (below !== null) yield* this.fetch(below, (which) => which >= 2);
  }

  /** One pass over the parts of `store` that wanted edges lead to. */
  private *fetch(
    store: LabelStore,
    wanted: (which: number, column: number) => boolean,
  ): Generator<void> {
    const { edges, order } = this;
    const perRead = Math.min(labelsPerRead, this.size);
    const ends = new Uint32Array(this.total / perRead + 1);
    for (let i = 0; i < edges.length; i++) {
      const column = edges[i] as number;
      if (wanted(i % edgesPerColumn, column)) (ends[Math.floor(column / perRead) + 1] as number)++;
    }
    for (let place = 1; place < ends.length; place++) {
      ends[place] = (ends[place] as number) + (ends[place - 1] as number);
    }
    const next = ends.slice();
    for (let i = 0; i < edges.length; i++) {
      const column = edges[i] as number;
      if (!wanted(i % edgesPerColumn, column)) continue;
      const place = Math.floor(column / perRead);
      order[next[place] as number] = i;
      next[place] = (next[place] as number) + 1;
    }
    yield;
    let reads = 0;
    for (let place = 0; place + 1 < ends.length; place++) {
      const from = ends[place] as number;
      const to = ends[place + 1] as number;
      if (from === to) continue;
      const read = store.read(place * perRead, perRead);
      const words = new Uint32Array(read.buffer, read.byteOffset, read.length / 4);
      for (let k = from; k < to; k++) {
        const i = order[k] as number;
        copyWords(words, ((edges[i] as number) - place * perRead) * 8, this.inputWords, i * 8);
      }
      if (++reads % readsPerSlice === 0) yield;
    }
  }

  /** Hashes the block's labels and the subtrees over them; yields how many are made. */
  *label(seed: Uint8Array, row: number, tree: TopBuilder): Generator<number> {
    const { size, labels } = this;
    const input = Buffer.alloc(headBytes + edgesPerColumn * labelBytes);
    input.set(seed);
    input[32] = row;
    const step = Math.min(Math.max(labelsPerSlice, tree.width), size);
    for (let from = 0; from < size; from += step) {
      for (let i = from; i < from + step; i++) this.labelOne(input, row, i);
      for (let at = from; at < from + step; at += tree.width) {
        tree.add(labels.subarray(at * labelBytes, (at + tree.width) * labelBytes));
      }
      yield from + step;
    }
  }

  private labelOne(input: Buffer, row: number, i: number): void {
    const { first, edges, inputs } = this;
    const column = first + i;
    const start = column === 0 ? 2 : 0;
    for (let which = start; which < 2; which++) {
      const parent = (edges[i * edgesPerColumn + which] as number) - first;
      if (parent < 0) continue; // gathered
      copyWords(this.labelWords, parent * 8, this.inputWords, (i * edgesPerColumn + which) * 8);
    }
    const end = row === 0 ? 2 : edgesPerColumn;
    const at = i * edgesPerColumn * labelBytes;
    input.writeUInt32BE(column, headBytes - 4);
    input.set(inputs.subarray(at + start * labelBytes, at + end * labelBytes), headBytes);
    const sizeBytes = headBytes + (end - start) * labelBytes;
    this.labels.set(sha256(input.subarray(0, sizeBytes)), i * labelBytes);
  }
}

/** One label: eight words. */
function copyWords(from: Uint32Array, at: number, to: Uint32Array, into: number): void {
  for (let word = 0; word < 8; word++) to[into + word] = from[at + word] as number;
}

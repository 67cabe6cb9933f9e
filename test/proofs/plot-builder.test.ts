import { describe, expect, it } from 'vitest';
import { labelAt, makePlot, makeRows } from '../../src/proofs/plot.ts';
import { buildPlot } from '../../src/proofs/plot-builder.ts';
import { plotRows } from '../../src/proofs/plot-graph.ts';
import {
  openRows,
  type PlotRegistration,
  type RowSource,
  registrationFault,
  registrationParts,
} from '../../src/proofs/registration.ts';
import { makeSpace, openingsHold } from '../../src/proofs/space.ts';
import type { StoredPlot } from '../../src/proofs/stored-plot.ts';
import {
  DamagedPlotError,
  type LabelStore,
  openStored,
  type StoredRow,
  type TreeTop,
  topBottom,
} from '../../src/proofs/stored-row.ts';
import { beacon, chainId, flip, testNode } from './fixtures.ts';

const { nodeId } = testNode(1);

/** A store in memory that notes what is asked of it. */
class MemoryStore implements LabelStore {
  readonly bytes: Uint8Array;
  readonly reads: { from: number; count: number }[] = [];

  constructor(labels: number) {
    this.bytes = new Uint8Array(labels * 32);
  }

  read(from: number, count: number): Uint8Array {
    this.reads.push({ from, count });
    return this.bytes.slice(from * 32, (from + count) * 32);
  }

  write(from: number, labels: Uint8Array): void {
    this.bytes.set(labels, from * 32);
  }
}

function build(labels: number, blockLabels?: number) {
  const stores = Array.from({ length: plotRows }, () => new MemoryStore(labels));
  const seen: number[] = [];
  const size = blockLabels === undefined ? {} : { blockLabels };
  const steps = buildPlot({ nodeId, labels, stores, ...size });
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) seen.push(step.value);
  return { stores, seen, built: step.value, reads: stores.flatMap(({ reads }) => reads) };
}

function rowOf({ stores, built }: ReturnType<typeof build>, row: number): StoredRow {
  return { store: stores[row] as LabelStore, top: built.tops[row] as TreeTop };
}

const context = { chainId, beacon, nodeId };

describe('a plot made in blocks', () => {
  it.each([
    { labels: 128, blockLabels: 128, why: 'one block, smaller than a subtree of a large tree' },
    { labels: 512, blockLabels: 512, why: 'one block, several subtrees' },
    { labels: 1024, blockLabels: 256, why: 'blocks of one subtree' },
    { labels: 8192, blockLabels: 8192, why: 'a block of several slices' },
    { labels: 256, blockLabels: 1024, why: 'a block larger than the plot' },
  ])('has the labels and roots of one made in memory: $why', ({ labels, blockLabels }) => {
    const made = build(labels, blockLabels);
    const rows = makeRows(nodeId, labels);
    expect(made.stores.map(({ bytes }) => Buffer.from(bytes))).toEqual(rows.map(Buffer.from));
    expect(made.built.rowRoots).toEqual(openRows(context, rows, 1).rowRoots);
    expect(made.built.rowRoots[plotRows - 1]).toBe(makePlot(nodeId, labels).root);
  });

  it('reads a block at once, from places that something hangs on, in order, and none twice', () => {
    const { stores } = build(1024, 256);
    const own = [0, 0, 256, 0, 256, 512];
    const below = [0, 256, 512, 768, 0, 256, 512, 768, 0, 256, 512, 768, 0, 256, 512, 768];
    const reads = stores.map((store) => store.reads.map(({ from }) => from));
    expect(reads[2]).toEqual(own);
    for (const row of [0, 1]) expect(reads[row]).toEqual([...own, ...below]);
    for (const { reads: each } of stores) {
      for (const { count } of each) expect(count).toBe(256);
    }
  });

  it('reads no more at once than a mebibyte, however large a block is', () => {
    const { reads } = build(65_536);
    expect(new Set(reads.map(({ count }) => count))).toEqual(new Set([32_768]));
  });

  it('reads nothing of its own row, and all of the row below, where one block is all', () => {
    const { stores } = build(128);
    expect(stores.map(({ reads }) => reads)).toEqual([
      [{ from: 0, count: 128 }],
      [{ from: 0, count: 128 }],
      [],
    ]);
  });

  it('says how far it is when a block is prepared, ordered and hashed, slice by slice', () => {
    const { seen } = build(8192);
    // Edges drawn; none in the row fetched; the lower ones ordered; two slices hashed.
    expect(seen).toEqual([
      ...[0, 0, 4096, 8192],
      ...[8192, 8192, 8192, 8192 + 4096, 16_384],
      ...[16_384, 16_384, 16_384, 16_384 + 4096, 24_576],
    ]);
  });

  it('is never farther back than it was', () => {
    const { seen } = build(1024, 256);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
    expect(new Set(seen)).toEqual(new Set(Array.from({ length: 13 }, (_, i) => i * 256)));
  });

  it('looks up after sixteen reads', () => {
    const stores = Array.from({ length: plotRows }, () => new MemoryStore(8192));
    const readCounts: number[] = [];
    for (const _ of buildPlot({ nodeId, labels: 8192, stores, blockLabels: 256 })) {
      readCounts.push(stores.reduce((sum, { reads }) => sum + reads.length, 0));
    }
    const steps = readCounts.map((count, i) => count - (readCounts[i - 1] ?? 0));
    // The row below is 32 reads away from every block.
    expect(Math.max(...steps)).toBe(16);
  });

  it.each([
    { labels: 1024, blockLabels: 128, why: 'smaller than a subtree' },
    { labels: 1024, blockLabels: 768, why: 'no power of two' },
  ])('of $blockLabels labels a block is refused: $why', ({ labels, blockLabels }) => {
    expect(() => build(labels, blockLabels)).toThrow(`blocks of ${blockLabels} labels`);
  });

  it.each([100, 64, 2 ** 30])('of %i labels is refused', (bad) => {
    const wrong = buildPlot({ nodeId, labels: bad, stores: [] });
    expect(() => wrong.next()).toThrow(`a plot of ${bad} labels`);
  });
});

describe('a stored plot', () => {
  const labels = 2048;
  const rows = makeRows(nodeId, labels);

  function stored(): StoredPlot {
    const made = build(labels, 512);
    const root = made.built.rowRoots[plotRows - 1] as string;
    return { nodeId, labels, scaleFactor: 1, root, kept: rowOf(made, plotRows - 1) };
  }

  it('gives the openings that the same plot gives from memory', () => {
    const plot = makePlot(nodeId, labels);
    const onDisk = stored();
    for (let fill = 0; fill < 20; fill++) {
      const drawnFrom = new Uint8Array(32).fill(fill);
      const proof = makeSpace(onDisk, drawnFrom);
      expect(proof).toEqual(makeSpace(plot, drawnFrom));
      expect(openingsHold(proof, drawnFrom)).toBe(true);
    }
  });

  it('opens every label, and reads each subtree once for all that it has to give', () => {
    const { store, top } = stored().kept;
    const counting = new MemoryStore(labels);
    counting.bytes.set(store.read(0, labels));
    const row = rows[plotRows - 1] as Uint8Array;
    const all = Array.from({ length: labels }, (_, column) => column);
    const { opened, siblings } = openStored({ store: counting, top }, all);
    expect(siblings).toEqual(new Uint8Array(0));
    expect(opened).toEqual(all.map((column) => labelAt(row, column)));
    expect(counting.reads).toEqual(
      Array.from({ length: labels / 256 }, (_, i) => ({ from: i * 256, count: 256 })),
    );
  });

  it('reads one subtree for one label: its path above stands in the top', () => {
    const { kept } = stored();
    const { reads } = kept.store as MemoryStore;
    reads.splice(0);
    openStored(kept, [700]);
    expect(reads).toEqual([{ from: 512, count: 256 }]);
  });

  it('tells a label that changed on disk instead of opening it', () => {
    const { kept } = stored();
    const store = new MemoryStore(labels);
    store.bytes.set(kept.store.read(0, labels));
    const at = 300 * 32;
    store.bytes.set(flip(labelAt(store.bytes, 300), 5), at);
    const damaged = { ...kept, store };
    expect(() => openStored(damaged, [400])).toThrow(DamagedPlotError);
    expect(() => openStored(damaged, [400])).toThrow('labels 256 to 511 changed');
    expect(openStored(damaged, [600]).opened).toEqual([labelAt(rows[2] as Uint8Array, 600)]);
  });

  it.each([
    [128, 7],
    [256, 8],
    [2 ** 25, 8],
    [2 ** 26, 9],
    [2 ** 29, 12],
  ])('of %i labels has subtrees of 2^%i', (size, bottom) => {
    expect(topBottom(size)).toBe(bottom);
  });
});

describe('a registration in parts', () => {
  const labels = 2048;

  function inParts() {
    const made = build(labels, 512);
    const sources = made.built.rowRoots.map((root, row): RowSource => {
      return { root, open: (at) => openStored(rowOf(made, row), at) };
    });
    return registrationParts(context, { labels, scaleFactor: 1 }, sources);
  }

  it('opens in each part the targets that the whole opens in that row', () => {
    const parts = inParts();
    const whole = openRows(context, makeRows(nodeId, labels), 1);
    expect(parts.map((part) => registrationFault(part, context))).toEqual([null, null, null]);
    expect(parts.map(({ targetRows }) => targetRows)).toEqual(
      [0, 1, 2].map((row) => ({ from: row, to: row })),
    );
    const hexes = (labelList: readonly Uint8Array[]) =>
      labelList.map((label) => Buffer.from(label).toString('hex'));
    for (const [row, { opened }] of whole.rows.entries()) {
      const inParts = parts.flatMap((part) => {
        const first = Math.max(0, part.targetRows.from - 1);
        return hexes(part.rows[row - first]?.opened ?? []);
      });
      expect(new Set(inParts)).toEqual(new Set(hexes(opened)));
    }
  });

  const [low, middle] = inParts() as [PlotRegistration, PlotRegistration, PlotRegistration];
  it.each<[string, PlotRegistration, string]>([
    ['another row named', { ...middle, targetRows: { from: 2, to: 2 } }, 'do not lead'],
    ['more rows named than opened', { ...low, targetRows: { from: 0, to: 1 } }, '1 rows'],
    ['a row that does not exist', { ...low, targetRows: { from: 3, to: 3 } }, 'rows 3 to 3'],
    ['rows upside down', { ...low, targetRows: { from: 1, to: 0 } }, 'rows 1 to 0'],
    ['the parents left out', { ...middle, rows: middle.rows.slice(1) }, '1 rows'],
  ])('with %s is refused', (_, registration, fault) => {
    expect(registrationFault(registration, context)).toContain(fault);
  });
});

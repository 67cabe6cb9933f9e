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
import { DamagedPlotError, type LabelStore, openStored } from '../../src/proofs/stored-row.ts';
import { beacon, chainId, flip, testNode } from './fixtures.ts';

const { nodeId } = testNode(1);

/** A store in memory that counts what is asked of it. */
class MemoryStore implements LabelStore {
  readonly bytes: Uint8Array;
  largestRead = 0;

  constructor(labels: number) {
    this.bytes = new Uint8Array(labels * 32);
  }

  read(from: number, count: number): Uint8Array {
    this.largestRead = Math.max(this.largestRead, count);
    return this.bytes.slice(from * 32, (from + count) * 32);
  }

  write(from: number, labels: Uint8Array): void {
    this.bytes.set(labels, from * 32);
  }
}

function build(labels: number, blockLabels: number) {
  const stores = Array.from({ length: plotRows }, () => new MemoryStore(labels));
  const seen: number[] = [];
  const steps = buildPlot({ nodeId, labels, stores, blockLabels });
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) seen.push(step.value);
  return { stores, seen, built: step.value };
}

const labels = 65_536;
const { stores, seen, built } = build(labels, 8192);
const rows = makeRows(nodeId, labels);

describe('a plot made in blocks', () => {
  it.each([
    { labels: 128, blockLabels: 128, why: 'one block, smaller than a subtree of a large tree' },
    { labels: 512, blockLabels: 512, why: 'one block, several subtrees' },
    { labels: 1024, blockLabels: 256, why: 'blocks of one subtree' },
  ])('has the labels of one made in memory: $why', ({ labels: small, blockLabels }) => {
    const made = build(small, blockLabels);
    expect(made.stores.map(({ bytes }) => bytes)).toEqual(makeRows(nodeId, small));
    expect(made.built.rowRoots[plotRows - 1]).toBe(makePlot(nodeId, small).root);
  });

  it('has them also where a row takes many reads and blocks', () => {
    for (const [row, store] of stores.entries()) {
      expect(Buffer.compare(store.bytes, rows[row] as Uint8Array)).toBe(0);
      expect(store.largestRead).toBe(32_768);
    }
    const context = { chainId, beacon, nodeId };
    expect(built.rowRoots).toEqual(openRows(context, rows, 1).rowRoots);
  });

  it('says how far it is, never backwards, up to the last label', () => {
    expect(seen.at(-1)).toBe(plotRows * labels);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
    expect(seen.length).toBeGreaterThan(plotRows * (labels / 8192));
  });

  it.each([100, 64, 2 ** 30])('of %i labels is refused', (bad) => {
    const wrong = buildPlot({ nodeId, labels: bad, stores: [] });
    expect(() => wrong.next()).toThrow(`a plot of ${bad} labels`);
  });
});

describe('a stored plot', () => {
  const kept = { store: stores[plotRows - 1] as LabelStore, top: built.tops[plotRows - 1]! };
  const root = built.rowRoots[plotRows - 1] as string;
  const stored: StoredPlot = { nodeId, labels, scaleFactor: 1, root, kept };

  it('gives the openings that the same plot gives from memory', () => {
    const plot = makePlot(nodeId, labels);
    for (let fill = 0; fill < 20; fill++) {
      const context = new Uint8Array(32).fill(fill);
      const proof = makeSpace(stored, context);
      expect(proof).toEqual(makeSpace(plot, context));
      expect(openingsHold(proof, context)).toBe(true);
    }
  });

  it('tells a label that changed on disk instead of opening it', () => {
    const store = new MemoryStore(labels);
    store.bytes.set(kept.store.read(0, labels));
    const at = 300 * 32;
    store.bytes.set(flip(labelAt(store.bytes, 300), 5), at);
    const damaged = { ...kept, store };
    expect(() => openStored(damaged, [400])).toThrow(DamagedPlotError);
    expect(() => openStored(damaged, [400])).toThrow('labels 256 to 511 changed');
    expect(openStored(damaged, [600]).opened).toEqual([labelAt(rows[2] as Uint8Array, 600)]);
  });
});

describe('a registration in parts', () => {
  const context = { chainId, beacon, nodeId };
  const sources = stores.map((store, row): RowSource => {
    const top = built.tops[row]!;
    return { root: built.rowRoots[row] as string, open: (at) => openStored({ store, top }, at) };
  });
  const parts = registrationParts(context, { labels, scaleFactor: 1 }, sources);
  const whole = openRows(context, rows, 1);

  it('opens in each part the targets that the whole opens in that row', () => {
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

  const [low, middle] = parts as [PlotRegistration, PlotRegistration, PlotRegistration];
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

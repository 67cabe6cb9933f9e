import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decode, Writer } from '../../src/base/codec.ts';
import { Random } from '../../src/base/random.ts';
import { drawPositions } from '../../src/proofs/context.ts';
import { isPlotSize, labelAt, makePlot, makeRows } from '../../src/proofs/plot.ts';
import {
  columnParents,
  edgesPerColumn,
  expanderDegree,
  plotRows,
  writeEdges,
} from '../../src/proofs/plot-graph.ts';
import {
  makeRegistration,
  openRows,
  type PlotRegistration,
  readRegistration,
  registeredPlot,
  registrationFault,
  registrationOpenings,
  writeRegistration,
} from '../../src/proofs/registration.ts';
import {
  challengeOpenings,
  makeSpace,
  openingsHold,
  requestOpenings,
} from '../../src/proofs/space.ts';
import { beacon, chainId, flip, flipDigest, testNode } from './fixtures.ts';

const node = testNode(1);
const other = testNode(2);

describe('the graph', () => {
  test('hangs every column on the one before, one further back, and the row below', () => {
    for (let column = 0; column < 1024; column++) {
      const { row, below } = columnParents(1024, column);
      expect(below).toHaveLength(expanderDegree);
      expect(below.every((parent) => parent >= 0 && parent < 1024)).toBe(true);
      if (column === 0) expect(row).toEqual([]);
      else expect(row[0]).toBe(column - 1);
      expect(row.every((parent) => parent >= 0 && parent < column)).toBe(true);
    }
  });

  test('writes the edges of one column where they are wanted, and nothing beside them', () => {
    const written = (column: number) => {
      const out = new Uint32Array(2 + edgesPerColumn).fill(7);
      writeEdges(1024, column, out, 1);
      return [...out];
    };
    const { row, below } = columnParents(1024, 5);
    expect(written(5)).toEqual([7, ...row, ...below, 7]);
    expect(written(0)).toEqual([7, 7, 7, ...columnParents(1024, 0).below, 7]);
  });

  test('is another for every size, whichever was asked about before', () => {
    const large = columnParents(1024, 5);
    const small = columnParents(128, 5);
    expect(small.below).not.toEqual(large.below.map((parent) => parent % 128));
    expect(columnParents(1024, 5)).toEqual(large);
  });

  test('hangs the second column on the first, twice', () => {
    for (const labels of [128, 256, 512, 1024]) {
      expect(columnParents(labels, 1).row).toEqual([0, 0]);
    }
  });

  test('reaches back at every scale, as DRSample does', () => {
    const buckets = new Array<number>(11).fill(0);
    for (let column = 512; column < 1024; column++) {
      const far = columnParents(1024, column).row[1] ?? 0;
      const bucket = Math.floor(Math.log2(column - far));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // Ten buckets of distances up to 1,024, each drawn about 51 times of 512.
    for (const bucket of [1, 2, 3, 4, 5, 6, 7, 8]) expect(buckets[bucket]).toBeGreaterThan(20);
  });
});

describe('a plot', () => {
  test('has the labels a reader of the docs would compute', () => {
    const rows = makeRows(node.nodeId, 128);
    const size = Buffer.from([0, 0, 0, 128]);
    const sha = (...parts: Uint8Array[]) => {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      return new Uint8Array(hash.digest());
    };
    const seed = sha(Buffer.from('hypermesh/plot\0'), node.nodeId, size);
    for (let row = 0; row < plotRows; row++) {
      for (let column = 0; column < 128; column++) {
        const parents = columnParents(128, column);
        const inRow = parents.row.map((parent) => labelAt(rows[row] as Uint8Array, parent));
        const under = row === 0 ? [] : parents.below;
        const below = under.map((parent) => labelAt(rows[row - 1] as Uint8Array, parent));
        const expected = sha(seed, Buffer.from([row, 0, 0, 0, column]), ...inRow, ...below);
        expect(labelAt(rows[row] as Uint8Array, column)).toEqual(expected);
      }
    }
    expect(makePlot(node.nodeId, 128).row).toEqual(rows[plotRows - 1]);
  });

  test('shares no label with the plot of another key', () => {
    const labels = new Set<string>();
    for (const { row } of [node.plot, other.plot]) {
      for (let i = 0; i < 1024; i++) labels.add(Buffer.from(labelAt(row, i)).toString('hex'));
    }
    expect(labels.size).toBe(2048);
  });

  test('reports its progress up to the last label', () => {
    const seen: number[] = [];
    makePlot(node.nodeId, 8192, 1, (done, total) => seen.push(done / total));
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(seen.length).toBe(6);
  });

  test('reports each row once when it is small', () => {
    const seen: [number, number][] = [];
    makePlot(node.nodeId, 128, 1, (done, total) => seen.push([done, total]));
    expect(seen).toEqual([128, 256, 384].map((done) => [done, 384]));
  });

  test('has 128 labels to 2^29, a power of two of them', () => {
    const sizes = [64, 128, 192, 256, 2 ** 29, 2 ** 30];
    expect(sizes.map(isPlotSize)).toEqual([false, true, false, true, true, false]);
  });

  test.each([127, 129, 64, 0])('of %i labels is refused', (labels) => {
    expect(() => makePlot(node.nodeId, labels)).toThrow(`a plot of ${labels} labels`);
  });
});

describe('a registration', () => {
  const context = { chainId, beacon, nodeId: node.nodeId };
  const good = makeRegistration(context, 1024, 32);
  const encode = (registration: PlotRegistration) => {
    const writer = new Writer();
    writeRegistration(writer, registration);
    return writer.finish();
  };

  test('of an honest plot holds, names its root, and travels', () => {
    expect(registrationFault(good, context)).toBeNull();
    expect(registeredPlot(good)).toEqual({ root: node.plot.root, labels: 1024, scaleFactor: 32 });
    const decoded = decode(encode(good), readRegistration);
    expect(decoded.ok && registrationFault(decoded.value, context)).toBeNull();
  });

  test('keeps no row in memory: its labels are copies', () => {
    for (const { opened } of openRows(context, makeRows(node.nodeId, 128), 1).rows) {
      for (const label of opened) expect(label.buffer.byteLength).toBe(32);
    }
  });

  const [low, middle, top] = good.rows as [
    PlotRegistration['rows'][0],
    PlotRegistration['rows'][0],
    PlotRegistration['rows'][0],
  ];
  const leads = 'do not lead to its root';
  test.each<[string, string, PlotRegistration, typeof context, string]>([
    [
      'by another node',
      'labels are bound to a key',
      good,
      { ...context, nodeId: other.nodeId },
      leads,
    ],
    ['on another chain', 'positions are', good, { ...context, chainId: 'c2'.repeat(32) }, leads],
    [
      'with another beacon',
      'positions are not known in advance',
      good,
      { ...context, beacon: { ...beacon, value: '00'.repeat(32) } },
      leads,
    ],
    ['at another scale', 'scale is part of it', { ...good, scaleFactor: 33 }, context, leads],
    [
      'with a root of no row',
      'rows are committed',
      { ...good, rowRoots: good.rowRoots.map(flipDigest) },
      context,
      leads,
    ],
    [
      'with a changed label',
      'labels lead to roots',
      {
        ...good,
        rows: [low, { ...middle, opened: middle.opened.map((l, i) => (i ? l : flip(l, 0))) }, top],
      },
      context,
      leads,
    ],
    ['without a row', 'all rows count', { ...good, rows: [low, middle] }, context, '2 rows'],
    ['of 100 labels', 'a power of two', { ...good, labels: 100 }, context, '100 labels'],
    ['of scale 0', 'a size is positive', { ...good, scaleFactor: 0 }, context, 'scale factor 0'],
    [
      'of more than the largest scale',
      'sizes stay exact',
      { ...good, scaleFactor: 2 ** 20 + 1 },
      context,
      'scale factor 1048577',
    ],
    // The scale is part of what is drawn: at the largest one, the openings are wrong.
    ['at the largest scale', 'it may be', { ...good, scaleFactor: 2 ** 20 }, context, leads],
    [
      'with a root too many',
      'a plot has three rows',
      { ...good, rowRoots: [...good.rowRoots, ...good.rowRoots.slice(2)] },
      context,
      '3 rows',
    ],
    [
      'with a root that is none',
      'labels lead to roots',
      { ...good, rowRoots: good.rowRoots.map(() => 'zz'.repeat(32)) },
      context,
      leads,
    ],
  ])('%s is refused: %s', (_what, _why, registration, within, fault) => {
    expect(registrationFault(registration, within)).toContain(fault);
  });

  test.each([
    [0, 2, true],
    [1, 1, true],
    [1, 0, false],
    [2, 3, false],
    [3, 3, false],
  ])('of rows %i to %i is bytes that decode, or not', (from, to, isFine) => {
    const first = Math.max(0, from - 1);
    const rows = good.rows.slice(first, to + 1);
    const decoded = decode(encode({ ...good, targetRows: { from, to }, rows }), readRegistration);
    expect(decoded.ok).toBe(isFine);
    if (!decoded.ok) expect(decoded.reason).toContain(`plot.targetRows: ${from} to ${to}`);
  });

  test('with one label of any row made up is refused where that label is drawn', () => {
    const rows = makeRows(node.nodeId, 128);
    for (const [row, labels] of rows.entries()) {
      const forged = rows.map((one, i) => (i === row ? new Uint8Array(labels.length) : one));
      const fault = registrationFault(openRows(context, forged, 1), context);
      expect(fault).toMatch(`of row ${row} is not the one the rule gives`);
    }
  });

  test('of labels made for another key fails at the first opening, on every try', () => {
    const stolen = makeRows(other.nodeId, 128);
    for (let epoch = 0; epoch < 20; epoch++) {
      const thief = { ...context, beacon: { ...beacon, epoch } };
      const fault = registrationFault(openRows(thief, stolen, 1), thief);
      expect(fault).toContain('is not the one the rule gives');
    }
  });

  test.each([0, 1, 2])('with a tenth of row %i made up is refused, all but never', (row) => {
    const rows = makeRows(node.nodeId, 256);
    const forged = rows[row] as Uint8Array;
    // 77 of 768 labels in all, 30 % of this row: (1 − 0.3)^22 = 4 × 10⁻⁴ to escape its openings,
    // and a wrong label spoils those that hang on it as well. 40 tries, fixed beacons.
    for (const column of new Random(row).shuffle([...Array(256).keys()]).slice(0, 77)) {
      forged.fill(0, column * 32, (column + 1) * 32);
    }
    let escaped = 0;
    for (let epoch = 0; epoch < 40; epoch++) {
      const tried = { ...context, beacon: { ...beacon, epoch } };
      if (registrationFault(openRows(tried, rows, 1), tried) === null) escaped++;
    }
    expect(escaped).toBe(0);
  });
});

/**
 * The promise of `space.ts`: with a share ε of the labels missing, k openings are answered with
 * probability at most (1 − ε)^k. A cheat answers when no drawn position is one of its holes.
 */
describe('a plot with a tenth of its labels missing', () => {
  const labels = 1024;
  const missing = new Set(new Random('holes').shuffle([...Array(labels).keys()]).slice(0, 102));
  const escapes = (challenges: number, count: number) => {
    let escaped = 0;
    for (let i = 0; i < challenges; i++) {
      const seed = new Writer(8).u32(0xc4ea7).u32(i).finish();
      if (!drawPositions(seed, count, labels).some((position) => missing.has(position))) escaped++;
    }
    return escaped;
  };

  test('escapes the full challenge less than once in a thousand times', () => {
    expect((1 - 0.1) ** challengeOpenings).toBeLessThan(1e-3);
    expect((1 - 0.1) ** (challengeOpenings - 1)).toBeGreaterThan(1e-3);
    expect(registrationOpenings).toBe(challengeOpenings);
    // Expected 5,000 × 9.6e-4 = 4.8 at most; 16 is five standard deviations above. Fixed seeds.
    expect(escapes(5000, challengeOpenings)).toBeLessThan(16);
  });

  test('is caught by one request in three', () => {
    // (1 − 0.1)^4 = 0.656: 3,281 of 5,000 ± 34; five standard deviations either way.
    const escaped = escapes(5000, requestOpenings);
    expect(escaped).toBeGreaterThan(3281 - 170);
    expect(escaped).toBeLessThan(3281 + 170);
  });

  test('fails the check at every hole: what is put there instead does not lead to the root', () => {
    const row = new Uint8Array(node.plot.row);
    for (const hole of missing) row.fill(0, hole * 32, (hole + 1) * 32);
    const holey = { ...node.plot, row };
    for (let i = 0; i < 300; i++) {
      const context = new Writer(8).u32(i).finish();
      const hit = drawPositions(context, requestOpenings, labels).some((at) => missing.has(at));
      expect(openingsHold(makeSpace(holey, context), context)).toBe(!hit);
    }
  });
});

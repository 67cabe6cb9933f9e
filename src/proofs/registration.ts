/**
 * Registering a plot: the node commits to every row and opens random labels with all their
 * parents, so that a plot which is not labelled by the rule is caught before it counts.
 *
 * Positions are drawn from the roots and a beacon, {@link registrationOpenings} over all rows
 * together. A plot with a share ε of its labels wrong (the mean over rows) passes one try with
 * probability at most (1 − ε)^66: below 10⁻³ at 10 %. A cheat can try again by changing one label,
 * at a few dozen hashes each, as long as the beacon is accepted: registration alone makes large
 * holes expensive, not impossible. What it cannot do is pass with labels of another key, which
 * fail at every opening.
 */
import { toHex } from '../base/bytes.ts';
import { type Reader, Writer } from '../base/codec.ts';
import { type Digest, digestToBytes } from '../base/digest.ts';
import { drawPositions } from './context.ts';
import {
  buildLabelTree,
  type LabelTree,
  labelBytes,
  labelTreeRoot,
  openTogether,
  verifyTogether,
} from './label-tree.ts';
import { limits } from './limits.ts';
import { isPlotSize, labelAt, makeRows, plotLabel, plotSeed } from './plot.ts';
import { columnParents, plotRows } from './plot-graph.ts';
import type { Beacon } from './request.ts';
import { challengeOpenings, type RegisteredPlot } from './space.ts';

/** A third of the challenge in each row: Π(1 − ε_row)^22 ≤ (1 − mean ε)^66 (AM-GM). */
export const openingsPerRow = challengeOpenings / plotRows;
export const registrationOpenings = openingsPerRow * plotRows;

/** All opened labels of one row, targets and parents together, by ascending column. */
export interface RowOpening {
  readonly opened: readonly Uint8Array[];
  /** As in a space proof. */
  readonly siblings: Uint8Array;
}

/** Inclusive. */
export interface TargetRows {
  readonly from: number;
  readonly to: number;
}

const allTargets: TargetRows = { from: 0, to: plotRows - 1 };

export interface PlotRegistration {
  readonly labels: number;
  readonly scaleFactor: number;
  /** Merkle root of every row, lowest first; the last is the plot's root. */
  readonly rowRoots: readonly Digest[];
  /** Whose labels are checked here. */
  readonly targetRows: TargetRows;
  /** Openings of these rows and, for parents, of the one below: lowest first. */
  readonly rows: readonly RowOpening[];
}

/** What a registration is made for. */
export interface RegistrationContext {
  readonly chainId: Digest;
  readonly beacon: Beacon;
  readonly nodeId: Uint8Array;
}

/** The plot that a registration, once all rows are checked, puts on the ledger. */
export function registeredPlot(registration: PlotRegistration): RegisteredPlot {
  const root = registration.rowRoots[plotRows - 1] as Digest;
  return { root, labels: registration.labels, scaleFactor: registration.scaleFactor };
}

/** Columns whose labels are to be recomputed, by row. */
function drawTargets(
  context: RegistrationContext,
  labels: number,
  scaleFactor: number,
  rowRoots: readonly Digest[],
  { from, to }: TargetRows,
): number[][] {
  return rowRoots.map((_, row) => {
    if (row < from || row > to) return [];
    const writer = new Writer(256)
      .digest(context.chainId)
      .u53(context.beacon.epoch)
      .digest(context.beacon.value)
      .fixed(context.nodeId)
      .u32(labels)
      .u32(scaleFactor)
      .u8(row);
    for (const root of rowRoots) writer.digest(root);
    const seed = digestToBytes('hypermesh/plot-registration', writer.finish());
    return drawPositions(seed, openingsPerRow, labels);
  });
}

/** Every column that has to be open in each row: the targets and all their parents, ascending. */
function openColumns(labels: number, targets: readonly (readonly number[])[]): number[][] {
  const open = targets.map((columns) => new Set<number>(columns));
  targets.forEach((columns, row) => {
    for (const column of columns) {
      const parents = columnParents(labels, column);
      for (const parent of parents.row) open[row]?.add(parent);
      for (const parent of parents.below) open[row - 1]?.add(parent);
    }
  });
  return open.map((columns) => [...columns].sort((a, b) => a - b));
}

/** Makes the plot once more and opens it: registration is rare, and the lower rows are not kept. */
export function makeRegistration(
  context: RegistrationContext,
  labels: number,
  scaleFactor = 1,
): PlotRegistration {
  return openRows(context, makeRows(context.nodeId, labels), scaleFactor);
}

/** Commits to `rows`, lowest first, and opens them; {@link registrationFault} judges them. */
export function openRows(
  context: RegistrationContext,
  rows: readonly Uint8Array[],
  scaleFactor: number,
): PlotRegistration {
  const trees = rows.map((row) => buildLabelTree(row));
  const sources = rows.map((row, i): RowSource => {
    const tree = trees[i] as LabelTree;
    return {
      root: toHex(labelTreeRoot(tree)),
      open: (columns) => ({
        opened: columns.map((column) => labelAt(row, column).slice()),
        siblings: openTogether(tree, columns),
      }),
    };
  });
  const labels = (rows[0] as Uint8Array).length / labelBytes;
  return openSources(context, { labels, scaleFactor }, sources, allTargets);
}

/** A row that can be opened, wherever its labels are. */
export interface RowSource {
  readonly root: Digest;
  /** `columns` are distinct and ascending. */
  open(columns: readonly number[]): RowOpening;
}

/**
 * The registration of a plot of any size in {@link plotRows} parts, each with the targets of one
 * row: an operation's size grows with the openings and with the depth of the trees, and all rows of
 * a large plot together would pass its limit. All parts count, in any order.
 */
export function registrationParts(
  context: RegistrationContext,
  size: { readonly labels: number; readonly scaleFactor: number },
  sources: readonly RowSource[],
): PlotRegistration[] {
  return sources.map((_, row) => openSources(context, size, sources, { from: row, to: row }));
}

function openSources(
  context: RegistrationContext,
  { labels, scaleFactor }: { readonly labels: number; readonly scaleFactor: number },
  sources: readonly RowSource[],
  targetRows: TargetRows,
): PlotRegistration {
  const rowRoots = sources.map(({ root }) => root);
  const targets = drawTargets(context, labels, scaleFactor, rowRoots, targetRows);
  const columns = openColumns(labels, targets);
  const rows = openedRows(targetRows).map((row) => {
    return (sources[row] as RowSource).open(columns[row] as number[]);
  });
  return { labels, scaleFactor, rowRoots, targetRows, rows };
}

/** Rows that are opened: those with targets, and the one below them for its parents. */
function openedRows({ from, to }: TargetRows): number[] {
  const first = Math.max(0, from - 1);
  return Array.from({ length: to - first + 1 }, (_, i) => first + i);
}

/** Null when the openings hold and every target is the label the rule gives; else why not. */
export function registrationFault(
  registration: PlotRegistration,
  context: RegistrationContext,
): string | null {
  const { labels, scaleFactor, rowRoots, targetRows, rows } = registration;
  if (!isPlotSize(labels)) return `${labels} labels`;
  if (scaleFactor < 1 || scaleFactor > limits.maxScaleFactor) return `scale factor ${scaleFactor}`;
  const { from, to } = targetRows;
  if (from > to || to >= plotRows) return `targets in rows ${from} to ${to}`;
  const opened = openedRows(targetRows);
  if (rowRoots.length !== plotRows || rows.length !== opened.length) return `${rows.length} rows`;
  const targets = drawTargets(context, labels, scaleFactor, rowRoots, targetRows);
  const columns = openColumns(labels, targets);
  const byColumn = targets.map(() => new Map<number, Uint8Array>());
  for (const [i, row] of opened.entries()) {
    const open = columns[row] as number[];
    const opening = rows[i] as RowOpening;
    const root = rowRoots[row] as Digest;
    if (!verifyTogether(root, labels, open, opening.opened, opening.siblings)) {
      return `openings of row ${row} do not lead to its root`;
    }
    byColumn[row] = new Map(open.map((column, k) => [column, opening.opened[k] as Uint8Array]));
  }
  return labelFault(plotSeed(context.nodeId, labels), labels, targets, byColumn);
}

function labelFault(
  seed: Uint8Array,
  labels: number,
  targets: readonly (readonly number[])[],
  byColumn: readonly Map<number, Uint8Array>[],
): string | null {
  for (const [row, columns] of targets.entries()) {
    for (const column of columns) {
      const parents = columnParents(labels, column);
      const inputs = [
        ...parents.row.map((parent) => byColumn[row]?.get(parent) as Uint8Array),
        ...(row === 0 ? [] : parents.below).map(
          (parent) => byColumn[row - 1]?.get(parent) as Uint8Array,
        ),
      ];
      const label = byColumn[row]?.get(column) as Uint8Array;
      if (!sameLabel(plotLabel(seed, row, column, inputs), label)) {
        return `label ${column} of row ${row} is not the one the rule gives`;
      }
    }
  }
  return null;
}

function sameLabel(a: Uint8Array, b: Uint8Array): boolean {
  return toHex(a) === toHex(b);
}

/** Targets and up to six parents each; a row is also opened by the row above. */
const maxOpenedPerRow = openingsPerRow * 7;

export function writeRegistration(writer: Writer, registration: PlotRegistration): void {
  const { labels, scaleFactor, rowRoots, targetRows, rows } = registration;
  writer.u32(labels).u32(scaleFactor);
  for (const root of rowRoots) writer.digest(root);
  writer.u8(targetRows.from).u8(targetRows.to);
  for (const { opened, siblings } of rows) {
    writer.list(opened, (w, label) => w.fixed(label));
    writer.row(siblings, labelBytes);
  }
}

export function readRegistration(reader: Reader): PlotRegistration {
  const labels = reader.u32('plot.labels');
  const scaleFactor = reader.u32('plot.scaleFactor');
  const rowRoots: Digest[] = [];
  for (let row = 0; row < plotRows; row++) rowRoots.push(reader.digest('plot.rowRoots'));
  const from = reader.u8('plot.targetRows');
  const to = reader.u8('plot.targetRows');
  if (from > to || to >= plotRows) reader.fail(`plot.targetRows: ${from} to ${to}`);
  const rows = openedRows({ from, to }).map(() => ({
    opened: reader.list(maxOpenedPerRow, 'plot.opened', (r) => r.fixed(32, 'plot.opened')),
    siblings: reader.row(limits.siblings, labelBytes, 'plot.siblings'),
  }));
  return { labels, scaleFactor, rowRoots, targetRows: { from, to }, rows };
}

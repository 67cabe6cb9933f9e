import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { equalBytes, toHex } from '../base/bytes.ts';
import { decode, type Reader, Writer } from '../base/codec.ts';
import { type Digest, digestToBytes } from '../base/digest.ts';
import { publicKeyBytes } from '../base/signature.ts';
import { labelBytes } from '../proofs/label-tree.ts';
import { isPlotSize } from '../proofs/plot.ts';
import { plotRows } from '../proofs/plot-graph.ts';
import type { RowSource } from '../proofs/registration.ts';
import type { StoredPlot } from '../proofs/stored-plot.ts';
import {
  type LabelStore,
  openStored,
  type StoredRow,
  topBottom,
  topRoot,
  treeTop,
} from '../proofs/stored-row.ts';

/** A file that is no plot, another one, or damaged: says which file and what is wrong with it. */
export class PlotFileError extends Error {
  override name = 'PlotFileError';

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`);
  }
}

/**
 * What begins a plot file. Behind it stand the labels of its rows, one row after the other, then
 * the roots of each row's subtrees. The plot itself holds one row, the last; the file beside it
 * (`.rows`) holds the others, which only registration opens.
 */
export interface PlotHeader {
  readonly nodeId: Uint8Array;
  readonly labels: number;
  readonly scaleFactor: number;
  /** Merkle roots of all rows of the plot, lowest first. */
  readonly rowRoots: readonly Digest[];
  /** The rows in this file: from `firstRow`, `rows` of them. */
  readonly firstRow: number;
  readonly rows: number;
}

const magic = 'hypermesh plot 1';
export const headerBytes = 256;
const checksumBytes = 32;

/** The file with the lower rows of the plot at `path`. */
export function rowsPath(path: string): string {
  return `${path}.rows`;
}

export function encodeHeader(header: PlotHeader): Uint8Array {
  const writer = new Writer(headerBytes)
    .text(magic)
    .fixed(header.nodeId)
    .u32(header.labels)
    .u32(header.scaleFactor)
    .u8(header.firstRow)
    .u8(header.rows);
  for (const root of header.rowRoots) writer.digest(root);
  const content = writer.finish();
  const out = new Uint8Array(headerBytes);
  out.set(content);
  const checked = out.subarray(0, headerBytes - checksumBytes);
  out.set(digestToBytes('hypermesh/plot-file', checked), headerBytes - checksumBytes);
  return out;
}

function readHeader(reader: Reader): PlotHeader {
  if (reader.text(magic.length, 'magic') !== magic) reader.fail('not a plot file');
  const header = {
    nodeId: new Uint8Array(reader.fixed(publicKeyBytes, 'nodeId')),
    labels: reader.u32('labels'),
    scaleFactor: reader.u32('scaleFactor'),
    firstRow: reader.u8('firstRow'),
    rows: reader.u8('rows'),
  };
  const rowRoots: Digest[] = [];
  for (let row = 0; row < plotRows; row++) rowRoots.push(reader.digest('rowRoots'));
  reader.fixed(reader.remaining, 'padding');
  if (!isPlotSize(header.labels)) reader.fail(`labels: ${header.labels}`);
  if (header.rows < 1 || header.firstRow + header.rows > plotRows) reader.fail('rows');
  return { ...header, rowRoots };
}

function decodeHeader(path: string, bytes: Uint8Array): PlotHeader {
  const checked = bytes.subarray(0, headerBytes - checksumBytes);
  const decoded = decode(checked, readHeader);
  if (!decoded.ok) throw new PlotFileError(path, `not a plot file (${decoded.reason})`);
  const checksum = digestToBytes('hypermesh/plot-file', checked);
  if (!equalBytes(checksum, bytes.subarray(headerBytes - checksumBytes))) {
    throw new PlotFileError(path, 'damaged, or never finished: its header does not add up');
  }
  return decoded.value;
}

/** Where the labels of the file's n-th row begin. */
function rowOffset(labels: number, nth: number): number {
  return headerBytes + nth * labels * labelBytes;
}

/** Where the subtree roots of the file's n-th row begin. */
export function rootsOffset(
  { labels, rows }: { readonly labels: number; readonly rows: number },
  nth: number,
): number {
  return rowOffset(labels, rows) + nth * rootsBytes(labels);
}

function rootsBytes(labels: number): number {
  return (labels / 2 ** topBottom(labels)) * labelBytes;
}

/** Bytes of a file with so many rows of so many labels. */
export function plotFileBytes(labels: number, rows: number): number {
  return rootsOffset({ labels, rows }, rows);
}

/** Labels in a file, opened by the caller, from byte `offset`. */
export function labelsInFile(file: number, offset: number): LabelStore {
  return {
    read: (from, count) => readFully(file, offset + from * labelBytes, count * labelBytes),
    write: (from, labels) => writeFully(file, offset + from * labelBytes, labels),
  };
}

/** The file's n-th row while it is being made. */
export function rowInFile(file: number, labels: number, nth: number): LabelStore {
  return labelsInFile(file, rowOffset(labels, nth));
}

export function readFully(file: number, offset: number, sizeBytes: number): Uint8Array {
  const out = new Uint8Array(sizeBytes);
  for (let done = 0; done < sizeBytes; ) {
    const read = readSync(file, out, done, sizeBytes - done, offset + done);
    if (read === 0) throw new Error(`the file ends ${sizeBytes - done} bytes early`);
    done += read;
  }
  return out;
}

export function writeFully(file: number, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, offset + done);
  }
}

/** A plot file open for reading. */
export interface PlotFile {
  readonly header: PlotHeader;
  /** By row of the plot; only the rows of this file are there. */
  readonly rows: ReadonlyMap<number, StoredRow>;
  close(): void;
}

/** Reads header and trees; throws {@link PlotFileError} unless they add up to the row roots. */
export function openPlotFile(path: string): PlotFile {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size < headerBytes) throw new PlotFileError(path, 'not a plot file (too short)');
    const header = decodeHeader(path, readFully(file, 0, headerBytes));
    const { labels, firstRow, rows } = header;
    const expected = plotFileBytes(labels, rows);
    if (size !== expected) {
      throw new PlotFileError(path, `has ${size} bytes where its header says ${expected}`);
    }
    const stored = new Map<number, StoredRow>();
    for (let nth = 0; nth < rows; nth++) {
      const roots = readFully(file, rootsOffset(header, nth), rootsBytes(labels));
      const top = treeTop(topBottom(labels), roots);
      const row = firstRow + nth;
      if (toHex(topRoot(top)) !== header.rowRoots[row]) {
        throw new PlotFileError(path, `damaged: the tree of row ${row} does not give its root`);
      }
      stored.set(row, { store: rowInFile(file, labels, nth), top });
    }
    return { header, rows: stored, close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** The plot in an open file, for proofs of space; throws when the file holds other rows. */
export function storedPlot(path: string, { header, rows }: PlotFile): StoredPlot {
  const { nodeId, labels, scaleFactor, rowRoots } = header;
  const kept = rows.get(plotRows - 1);
  const root = rowRoots[plotRows - 1];
  if (kept === undefined || root === undefined) {
    throw new PlotFileError(path, 'holds the lower rows of a plot, not the plot');
  }
  return { nodeId, labels, scaleFactor, root, kept };
}

/** All rows of a plot and the file beside it, for its registration. */
export function registrationSources(files: readonly PlotFile[]): RowSource[] {
  const [first] = files;
  const sources: RowSource[] = [];
  for (let row = 0; row < plotRows; row++) {
    const file = files.find(({ rows }) => rows.has(row));
    const stored = file?.rows.get(row);
    const root = file?.header.rowRoots[row];
    const same = root !== undefined && root === first?.header.rowRoots[row];
    if (stored === undefined || !same) throw new Error(`row ${row} of the plot is in no file`);
    sources.push({ root, open: (columns) => openStored(stored, columns) });
  }
  return sources;
}

import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { type BuiltPlot, buildPlot } from '../proofs/plot-builder.ts';
import { plotRows } from '../proofs/plot-graph.ts';
import {
  encodeHeader,
  type PlotHeader,
  plotFileBytes,
  rootsOffset,
  rowInFile,
  rowsPath,
  writeFully,
} from './plot-file.ts';

export interface MakePlotOptions {
  readonly path: string;
  readonly nodeId: Uint8Array;
  /** A power of two. */
  readonly labels: number;
  readonly scaleFactor: number;
  /** Absent: as `plot-builder.ts` says. */
  readonly blockLabels?: number;
  /** Aborted, the work ends within some hundred milliseconds and leaves no file. */
  readonly signal: AbortSignal;
  /** Labels made so far, of all rows together, and of how many. */
  readonly onProgress: (done: number, total: number) => void;
}

const lowerRows = plotRows - 1;

/** What a plot is called while it is made: of no use to anybody, and never continued. */
export function unfinishedPath(path: string): string {
  return `${path}.part`;
}

/** Bytes on disk while a plot is made, and until its lower rows are no longer needed. */
export function plotDiskBytes(labels: number): number {
  return plotFileBytes(labels, 1) + plotFileBytes(labels, lowerRows);
}

/**
 * Makes a plot in files: `path` with the row that is kept, and beside it the lower rows, for
 * registration. Both appear complete or not at all. Null when it was aborted.
 */
export async function makePlotFile(options: MakePlotOptions): Promise<BuiltPlot | null> {
  const { path, labels, signal, onProgress } = options;
  const paths = [path, rowsPath(path)] as const;
  const files: number[] = [];
  try {
    for (const one of paths) files.push(openSync(unfinishedPath(one), 'wx+'));
    const [kept, lower] = files as [number, number];
    ftruncateSync(kept, plotFileBytes(labels, 1));
    ftruncateSync(lower, plotFileBytes(labels, lowerRows));
    const stores = Array.from({ length: plotRows }, (_, row) =>
      row === lowerRows ? rowInFile(kept, labels, 0) : rowInFile(lower, labels, row),
    );
    const build = buildPlot({ ...options, stores });
    let step = build.next();
    for (; step.done !== true; step = build.next()) {
      onProgress(step.value, plotRows * labels);
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return null;
    }
    finish(options, [kept, lower], step.value);
    // The lower rows first: a plot without them could never be registered.
    for (const one of [...paths].reverse()) renameSync(unfinishedPath(one), one);
    return step.value;
  } finally {
    for (const file of files) closeSync(file);
    paths.slice(0, files.length).forEach((one) => {
      if (existsSync(unfinishedPath(one))) rmSync(unfinishedPath(one));
    });
  }
}

function finish(
  { nodeId, labels, scaleFactor }: MakePlotOptions,
  [kept, lower]: readonly [number, number],
  { tops, rowRoots }: BuiltPlot,
): void {
  const header: PlotHeader = { nodeId, labels, scaleFactor, rowRoots, firstRow: 0, rows: 1 };
  const parts = [
    { file: kept, header: { ...header, firstRow: lowerRows } },
    { file: lower, header: { ...header, rows: lowerRows } },
  ];
  for (const { file, header: own } of parts) {
    for (let nth = 0; nth < own.rows; nth++) {
      const roots = tops[own.firstRow + nth]?.levels[0] as Uint8Array;
      writeFully(file, rootsOffset(own, nth), roots);
    }
    fsyncSync(file);
    // Last: a file whose header adds up is complete.
    writeFully(file, 0, encodeHeader(own));
    fsyncSync(file);
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEquivalent } from './equivalent.ts';

interface Position {
  readonly line: number;
  readonly column: number;
}

export interface StrykerMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  /** Lines and columns from 1; the end is the column after the last one. */
  readonly location: { readonly start: Position; readonly end: Position };
  readonly status: string;
}

/** What StrykerJS kept of one file, in the schema that mutation testing tools share. */
export interface FileResult {
  readonly path: string;
  readonly source: string;
  readonly mutants: readonly StrykerMutant[];
}

export function resultPath(folder: string, path: string): string {
  return join(folder, `${path.replace(/^src\//, '').replaceAll('/', '.')}.json`);
}

/** The kept result of one source file; null where there is none yet. */
export function readResult(folder: string, path: string): FileResult | null {
  const file = resultPath(folder, path);
  if (!existsSync(file)) return null;
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    files: Record<string, Omit<FileResult, 'path'>>;
  };
  const found = report.files[path];
  return found === undefined ? null : { path, source: found.source, mutants: found.mutants };
}

/** The source files of `rooms` below `root`, as paths from there. */
export function sourceFiles(root: string, rooms: readonly string[]): string[] {
  return rooms.flatMap((room) =>
    readdirSync(join(root, 'src', room))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${room}/${name}`),
  );
}

interface Score {
  readonly killed: number;
  readonly survived: number;
  readonly equivalent: number;
  readonly ignored: number;
}

function scoreOf(result: FileResult): Score {
  const score = { killed: 0, survived: 0, equivalent: 0, ignored: 0 };
  for (const mutant of result.mutants) {
    if (mutant.status === 'Ignored') score.ignored += 1;
    else if (!survived(mutant)) score.killed += 1;
    else if (isEquivalent(result, mutant)) score.equivalent += 1;
    else score.survived += 1;
  }
  return score;
}

/** No test failed with it, because none noticed or none comes by. */
function survived({ status }: StrykerMutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

const columns = ['killed', 'survived', 'equivalent', 'ignored'] as const;

function row(name: string, score: Score): string {
  const judged = score.killed + score.survived;
  const percent = judged === 0 ? '-' : ((100 * score.killed) / judged).toFixed(1);
  const cells = columns.map((column) => String(score[column]).padStart(column.length + 2));
  return `${name.padEnd(32)}${percent.padStart(6)}${cells.join('')}`;
}

/** A line a file and one for all: score in percent of the mutants that are not equivalent. */
export function formatScores(results: readonly FileResult[]): string[] {
  const lines = [`${'file'.padEnd(32)}     %  ${columns.join('  ')}`];
  const total = { killed: 0, survived: 0, equivalent: 0, ignored: 0 };
  for (const result of results) {
    const score = scoreOf(result);
    for (const column of columns) total[column] += score[column];
    lines.push(row(result.path, score));
  }
  return [...lines, row('all', total)];
}

/** `path:line:column mutator: the text → what it became`, one a line, equivalent ones left out. */
export function formatSurvivors(result: FileResult): string[] {
  return result.mutants
    .filter((mutant) => survived(mutant) && !isEquivalent(result, mutant))
    .map((mutant) => {
      const { line, column } = mutant.location.start;
      const uncovered = mutant.status === 'NoCoverage' ? ' (no test comes by)' : '';
      const change = `${textOf(result, mutant)} → ${mutant.replacement ?? ''}`;
      const shown = change.replaceAll(/\s+/g, ' ').slice(0, 160);
      return `${result.path}:${line}:${column} ${mutant.mutatorName}${uncovered}: ${shown}`;
    });
}

/** The source text that a mutant replaces. */
export function textOf({ source }: FileResult, { location }: StrykerMutant): string {
  const { start, end } = location;
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  // The end first: on a single line the start would shift it.
  lines[last] = (lines[last] ?? '').slice(0, end.column - 1);
  lines[0] = (lines[0] ?? '').slice(start.column - 1);
  return lines.join('\n');
}

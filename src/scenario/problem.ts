/** One thing wrong in a scenario file: where, what was found, what is allowed. */
export interface Problem {
  readonly file: string;
  /** 1-based; 0 when the file could not be read at all. */
  readonly line: number;
  readonly column: number;
  /** As in `workload.invalid.space` or `timeline[2].crash`; empty for the whole document. */
  readonly key: string;
  readonly found: string;
  readonly allowed: string;
}

/** `scenarios/a.yaml:3:11: workload.clients: found "many"; allowed: a whole number from 1 to 9`. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : placeOf(problem);
  const key = problem.key === '' ? '' : `${problem.key}: `;
  return visible(`${place}: ${key}found ${problem.found}; allowed: ${problem.allowed}`);
}

/** Keys and values come from the file: none of them may steer the terminal they are shown on. */
function visible(text: string): string {
  const escaped = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`;
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

function placeOf({ file, line, column }: Problem): string {
  return `${file}:${line}:${column}`;
}

/** The word of `candidates` someone most likely meant by `word`, or null when none is near. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const wanted = word.slice(0, 64).toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Letters inserted, dropped, replaced or swapped with their neighbour (Damerau, restricted). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}

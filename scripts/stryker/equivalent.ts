import { agreementEquivalents } from './equivalents-agreement.ts';
import { proofsEquivalents } from './equivalents-proofs.ts';
import { viewsEquivalents } from './equivalents-views.ts';
import { wordsEquivalents } from './equivalents-words.ts';
import type { FileResult, StrykerMutant } from './results.ts';
import { textOf } from './results.ts';

/** A mutant that behaves as the original does: no test can notice it. */
export interface Equivalent {
  /** Below `src/`. */
  readonly file: string;
  /** Text that stands on the line where the mutated text begins. */
  readonly line: string;
  /** The mutated text; without it, every mutant of that line is meant. */
  readonly text?: string;
  readonly replacement?: string;
  readonly why: string;
}

const equivalents: readonly Equivalent[] = [
  ...agreementEquivalents,
  ...wordsEquivalents,
  ...viewsEquivalents,
  ...proofsEquivalents,
];

export function isEquivalent(result: FileResult, mutant: StrykerMutant): boolean {
  const line = result.source.split('\n')[mutant.location.start.line - 1] ?? '';
  return equivalents.some(
    (entry) =>
      result.path === `src/${entry.file}` &&
      line.includes(entry.line) &&
      (entry.text === undefined || entry.text === textOf(result, mutant)) &&
      (entry.replacement === undefined || entry.replacement === mutant.replacement),
  );
}

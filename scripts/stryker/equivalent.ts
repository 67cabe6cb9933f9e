import type { FileResult, StrykerMutant } from './results.ts';
import { textOf } from './results.ts';

/** A mutant that behaves as the original does: no test can notice it. */
interface Equivalent {
  /** Below `src/`. */
  readonly file: string;
  /** Text that stands on the line where the mutated text begins. */
  readonly line: string;
  /** The mutated text; without it, every mutant of that line is meant. */
  readonly text?: string;
  readonly replacement?: string;
  readonly why: string;
}

const normalCase = 'pbft/normal-case.ts';

const equivalents: readonly Equivalent[] = [
  {
    file: normalCase,
    line: 'if (state.unproposed.size === 0 && state.epochEnd === null) return;',
    replacement: 'false',
    why: 'a shortcut: without requests the loop below finds an empty batch and returns',
  },
  {
    file: normalCase,
    line: 'if (timestamp > newest) newest = timestamp;',
    why: 'taking an equal time again changes nothing',
    replacement: 'timestamp >= newest',
  },
  {
    file: normalCase,
    line: 'const named = isSeen && slot.seen !== null ? slot.seen : header;',
    why: 'both are the same bytes; which of the two is named only saves hashing them',
  },
  {
    file: normalCase,
    line: 'if (isSeen) return null;',
    replacement: 'false',
    why: 'saves checking again the signature of a header that was checked when it came',
  },
  {
    file: normalCase,
    line: 'if (slot.header === null) return;',
    replacement: 'false',
    why: 'a shortcut: without a header there is no certificate either',
  },
  {
    file: normalCase,
    line: 'if (header === null || header.sender === core.index || !core.mayVote()) return;',
    text: 'header === null',
    replacement: 'false',
    why: 'for the type: it is called with a header that was just accepted',
  },
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

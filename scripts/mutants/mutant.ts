/** One protocol bug, planted by replacing text that occurs exactly once in one file. */
export interface Mutant {
  /** What the mutated replica does wrong, in a few words joined by dashes. */
  readonly name: string;
  /** The rule it breaks: a section of Castro and Liskov (OSDI '99) or of Castro's thesis. */
  readonly rule: string;
  /** Below `src/pbft/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A file's text with the bug in it. Text that is gone, or twice there, is an error. */
export function plant(text: string, { name, file, find, replace }: Mutant): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`mutant ${name}: ${parts.length - 1} times in ${file}, not once: ${find}`);
  }
  return parts.join(replace);
}

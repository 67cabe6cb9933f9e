import { fieldsOf, type Messages } from './messages.ts';
import type { PackedRun } from './packed.ts';

/** Which messages somebody wants to see. */
export interface Filter {
  /** By index into `kinds`: whether it is shown. */
  readonly kinds: readonly boolean[];
  /** By index into `lanes`: whether it is shown, with what it sends and receives. */
  readonly lanes: readonly boolean[];
  /** `sequence=4 view=1`, or words that must occur in the fields. Empty: everything. */
  readonly text: string;
}

export function showEverything({ kinds, lanes }: PackedRun): Filter {
  return { kinds: kinds.map(() => true), lanes: lanes.map(() => true), text: '' };
}

/** For each message whether it passes: 1 or 0. */
export function passing(run: PackedRun, messages: Messages, filter: Filter): Uint8Array {
  const passes = new Uint8Array(messages.count);
  const sets = passingSets(run, filter.text);
  for (let i = 0; i < messages.count; i++) {
    const shown =
      filter.kinds[messages.kind[i]!]! &&
      filter.lanes[messages.from[i]!]! &&
      filter.lanes[messages.to[i]!]! &&
      sets[messages.fields[i]!] === 1;
    passes[i] = shown ? 1 : 0;
  }
  return passes;
}

/** Fields are few beside messages, so the text is looked for once in each set of them. */
function passingSets(run: PackedRun, text: string): Uint8Array {
  const passes = new Uint8Array(run.fieldSets.length).fill(1);
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length === 0) return passes;
  for (let i = 0; i < passes.length; i++) {
    const fields = fieldsOf(run, i);
    passes[i] = terms.every((term) => matchesTerm(fields, term)) ? 1 : 0;
  }
  return passes;
}

function matchesTerm(fields: readonly (readonly [string, string | number])[], term: string) {
  const equals = term.indexOf('=');
  if (equals < 0) {
    return fields.some(([name, value]) => `${name} ${value}`.toLowerCase().includes(term));
  }
  const [wantedName, wanted] = [term.slice(0, equals), term.slice(equals + 1)];
  return fields.some(([name, value]) => {
    // A number is meant as a whole, a digest by its beginning.
    const found = String(value).toLowerCase();
    const same = typeof value === 'number' ? found === wanted : found.startsWith(wanted);
    return name.toLowerCase() === wantedName && same;
  });
}

/**
 * The messages about the same slot as message `i`: same sequence, or same view where it has no
 * sequence. 1 or 0 for each; null when the message is about neither.
 */
export function sameSlot(run: PackedRun, messages: Messages, i: number): Uint8Array | null {
  const own = new Map(fieldsOf(run, messages.fields[i]!));
  const name = ['sequence', 'view', 'request'].find((each) => own.has(each));
  if (name === undefined) return null;
  const wanted = own.get(name);
  const sets = run.fieldSets.map((_, set) =>
    fieldsOf(run, set).some(([field, value]) => field === name && value === wanted),
  );
  return Uint8Array.from(messages.fields, (set) => (sets[set] ? 1 : 0));
}

/** One command line of a transcript: a verb, plain words, and clauses that keywords open. */
export interface Command {
  readonly verb: string;
  /** What stands before the first keyword. */
  readonly words: readonly string[];
  /** `v1` and `s2` anywhere in the line. */
  readonly view: number | null;
  readonly sequence: number | null;
  /** Words after a keyword, null where the keyword does not stand. Quotes are taken off. */
  clause(keyword: Keyword): readonly string[] | null;
  /** As {@link clause}, as numbers. */
  numbers(keyword: Keyword): readonly number[] | null;
}

const keywords = 'from to type by through batch body at with votes first nth after'.split(' ');
export type Keyword =
  | 'from'
  | 'to'
  | 'type'
  | 'by'
  | 'through'
  | 'batch'
  | 'body'
  | 'at'
  | 'with'
  | 'votes'
  | 'first'
  | 'nth'
  | 'after';

export function parseCommand(line: string): Command {
  const tokens = line.match(/"[^"]*"|\S+/g) ?? [];
  const [verb = '', ...rest] = tokens;
  const words: string[] = [];
  const clauses = new Map<string, string[]>();
  let current = words;
  let view: number | null = null;
  let sequence: number | null = null;
  for (const token of rest) {
    if (/^v\d+$/.test(token)) view = Number(token.slice(1));
    else if (/^s\d+$/.test(token)) sequence = Number(token.slice(1));
    else if (keywords.includes(token) && !(token === 'batch' && current === clauses.get('type'))) {
      current = [];
      clauses.set(token, current);
    } else current.push(token.replaceAll('"', ''));
  }
  const clause = (keyword: Keyword) => clauses.get(keyword) ?? null;
  return {
    verb,
    words,
    view,
    sequence,
    clause,
    numbers: (keyword) => clause(keyword)?.map(toNumber) ?? null,
  };
}

export function toNumber(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number)) throw new Error(`"${text}" where a number belongs`);
  return number;
}

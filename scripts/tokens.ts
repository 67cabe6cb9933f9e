/**
 * Cuts TypeScript source into tokens, so that the house checks see code where code is and text
 * where text is: a `Date.now` in a comment or string is none. No parser: enough to find imports,
 * identifiers and matching brackets.
 */

export type TokenKind = 'word' | 'number' | 'string' | 'template' | 'regex' | 'mark' | 'comment';

export interface Token {
  readonly kind: TokenKind;
  /** As written. A template is cut at `${` and `}`: the code between is tokens of its own. */
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

// After these a slash begins a regular expression, after any other word it divides.
const regexAfterWord = new Set(
  'return typeof case in of do else void delete throw new instanceof yield await'.split(' '),
);

const patterns = {
  space: /\s+/y,
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  word: /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy,
  number: /\.?\d(?:[eE][+-]|[\w.])*/y,
  string: /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y,
  regex: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
  // From a backtick or the brace that closes a substitution, to the next `${` or backtick.
  template: /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y,
  mark: /=>|\.\.\.|\?\.|[\s\S]/y,
} as const;

/** The tokens of `source` with their lines. Never throws: odd bytes become marks. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = source.startsWith('#!') ? (/\n|$/.exec(source)?.index ?? 0) : 0;
  let line = 1;
  let previous = null as Token | null;
  // One entry per open brace: whether it is a template's `${`.
  const braces: boolean[] = [];

  const take = (kind: keyof typeof patterns): string | null => {
    const pattern = patterns[kind];
    pattern.lastIndex = offset;
    return pattern.exec(source)?.[0] ?? null;
  };
  const push = (kind: TokenKind, text: string): void => {
    const token = { kind, text, line };
    tokens.push(token);
    if (kind !== 'comment') previous = token;
    advance(text);
  };
  const advance = (text: string): void => {
    offset += text.length;
    for (const character of text) if (character === '\n') line++;
  };

  while (offset < source.length) {
    const space = take('space');
    if (space !== null) {
      advance(space);
      continue;
    }
    const character = source[offset]!;
    const found = first(take, ['comment', 'word', 'number', 'string']) ??
      (character === '/' && slashBeginsRegex(previous) ? first(take, ['regex']) : null) ??
      (character === '`' || (character === '}' && braces.at(-1) === true)
        ? first(take, ['template'])
        : null) ?? { kind: 'mark' as const, text: take('mark')! };
    if (found.kind === 'template') {
      if (character === '}') braces.pop();
      if (found.text.endsWith('${')) braces.push(true);
    } else if (found.text === '{') braces.push(false);
    else if (found.text === '}') braces.pop();
    push(found.kind, found.text);
  }
  return tokens;
}

function first(
  take: (kind: keyof typeof patterns) => string | null,
  kinds: readonly (TokenKind & keyof typeof patterns)[],
): { kind: TokenKind; text: string } | null {
  for (const kind of kinds) {
    const text = take(kind);
    if (text !== null) return { kind, text };
  }
  return null;
}

function slashBeginsRegex(previous: Token | null): boolean {
  if (previous === null) return true;
  if (previous.kind === 'word') return regexAfterWord.has(previous.text);
  if (previous.kind !== 'mark') return previous.kind === 'template' && previous.text.endsWith('${');
  return previous.text !== ')' && previous.text !== ']' && previous.text !== '}';
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every module that `tokens` name: import, export … from, import(…), types included. */
export function importsOf(tokens: readonly Token[]): readonly Import[] {
  const code = tokens.filter((token) => token.kind !== 'comment');
  const found: Import[] = [];
  for (let i = 0; i < code.length; i++) {
    const token = code[i]!;
    if (token.kind !== 'string') continue;
    const before = code[i - 1];
    const called = before?.text === '(' && code[i - 2]?.text === 'import';
    const named = before?.kind === 'word' && before.text === 'from';
    const bare = before?.kind === 'word' && before.text === 'import';
    if (called || named || bare) {
      found.push({ specifier: token.text.slice(1, -1), line: token.line });
    }
  }
  return found;
}

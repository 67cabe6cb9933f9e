import type { Token } from './tokens.ts';

export interface FunctionExtent {
  readonly name: string;
  /** Of the name or arrow, and of the closing brace. */
  readonly firstLine: number;
  readonly lastLine: number;
}

const control = new Set('if for while switch catch with'.split(' '));
const open = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** The functions with a block body in `tokens`: declared, methods and arrows. */
export function functionsOf(tokens: readonly Token[]): readonly FunctionExtent[] {
  const code = tokens.filter((token) => token.kind !== 'comment');
  const closing = matchBrackets(code);
  const found: FunctionExtent[] = [];
  for (let i = 0; i < code.length; i++) {
    const body = bodyOfArrow(code, i) ?? bodyAfterParameters(code, closing, i);
    if (body === null) continue;
    const end = closing.get(body.at);
    if (end === undefined) continue;
    const firstLine = code[body.from]!.line;
    found.push({ name: body.name, firstLine, lastLine: code[end]!.line });
  }
  return found;
}

interface Body {
  readonly name: string;
  /** Where the function begins. */
  readonly from: number;
  /** Where its `{` is. */
  readonly at: number;
}

function bodyOfArrow(code: readonly Token[], i: number): Body | null {
  if (code[i]!.text !== '=>' || code[i + 1]?.text !== '{') return null;
  return { name: nameOfArrow(code, i), from: i, at: i + 1 };
}

/** `describe` for `describe('…', () => {`, `add` for `const add = (a, b) => {`. */
function nameOfArrow(code: readonly Token[], arrow: number): string {
  let depth = 0;
  for (let i = arrow - 1; i >= 0; i--) {
    const { text, kind } = code[i]!;
    if (kind === 'mark' && (text === ')' || text === '}' || text === ']')) depth++;
    if (kind === 'mark' && open.has(text)) {
      if (depth === 0) return text === '(' ? calleeOf(code, i) : 'arrow';
      depth--;
    }
    if (depth === 0 && text === '=' && code[i - 1]?.kind === 'word') return code[i - 1]!.text;
    if (depth === 0 && text === ';') break;
  }
  return 'arrow';
}

/** The word a call starts with: `it` in `it.each(table)(`. */
function calleeOf(code: readonly Token[], parenthesis: number): string {
  let depth = 0;
  for (let i = parenthesis - 1; i >= 0; i--) {
    const { text, kind } = code[i]!;
    if (kind === 'mark' && (text === ')' || text === '}' || text === ']')) depth++;
    else if (kind === 'mark' && open.has(text) && --depth < 0) break;
    if (depth === 0 && kind === 'word' && code[i - 1]?.text !== '.') return text;
  }
  return 'arrow';
}

function bodyAfterParameters(
  code: readonly Token[],
  closing: ReadonlyMap<number, number>,
  i: number,
): Body | null {
  if (code[i]!.text !== '(') return null;
  const name = nameBefore(code, i);
  if (name === null || control.has(name)) return null;
  const end = closing.get(i);
  if (end === undefined) return null;
  if (code[end + 1]?.text === '{') return { name, from: i, at: end + 1 };
  if (code[end + 1]?.text !== ':') return null;
  const at = endOfType(code, closing, end + 1);
  return at === null ? null : { name, from: i, at };
}

/** The word before `(`, past type parameters. */
function nameBefore(code: readonly Token[], parenthesis: number): string | null {
  let i = parenthesis - 1;
  if (code[i]?.text === '>') {
    let depth = 0;
    for (; i >= 0; i--) {
      if (code[i]!.text === '>') depth++;
      if (code[i]!.text === '<' && --depth === 0) break;
    }
    i--;
  }
  const token = code[i];
  return token?.kind === 'word' ? token.text : null;
}

// A brace after one of these belongs to the type, any other begins the body.
const typeGoesOn = new Set([':', '|', '&', '<', ',', '(', '=>', '[', 'readonly', 'extends', 'is']);

/** Where the body's `{` is, given the `:` of a return type; null when there is no body. */
function endOfType(
  code: readonly Token[],
  closing: ReadonlyMap<number, number>,
  colon: number,
): number | null {
  let i = colon + 1;
  for (let angle = 0; i < code.length; i++) {
    const { text, kind } = code[i]!;
    if (kind !== 'mark') continue;
    if (text === '{' && angle === 0 && !typeGoesOn.has(code[i - 1]!.text)) return i;
    if (text === '<') angle++;
    else if (text === '>') angle--;
    else if (open.has(text)) i = closing.get(i) ?? code.length;
    else if (text === ';' || text === '=' || text === ')' || text === '}') return null;
  }
  return null;
}

/** From the index of each opening bracket to that of its closing one. */
function matchBrackets(code: readonly Token[]): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const stack: number[] = [];
  for (let i = 0; i < code.length; i++) {
    const { text, kind } = code[i]!;
    if (kind !== 'mark') continue;
    if (open.has(text)) stack.push(i);
    const last = stack.at(-1);
    if (last !== undefined && open.get(code[last]!.text) === text) {
      closing.set(last, i);
      stack.pop();
    }
  }
  return closing;
}

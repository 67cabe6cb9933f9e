/** Style as a program: what a reviewer should not have to say twice. Each ban names its way out. */
import { posix, resolve } from 'node:path';
import { functionsOf } from './functions.ts';
import { importsOf, type Token, tokenize } from './tokens.ts';
import { type Complaint, conclude, readTree, type SourceFile } from './tree.ts';

export const limits = { columns: 100, functionLines: 70, fileLines: 400 } as const;

/** Files that nothing imports because something outside starts them, or is built on them. */
const entryPoints = [
  'src/cli/main.ts',
  'src/adversaries/index.ts',
  'src/http/index.ts',
  'src/simulator/index.ts',
  'src/trustchain/index.ts',
  'src/validation/index.ts',
];

const bannedNames = /^(utils?|helpers?|misc|common|managers?)$/i;
const bannedParts = /(Manager|Util|Utils|Helper|Helpers|leader|Leader|blacklist|Blacklist)$/;
const declares = new Set('function class interface type const let'.split(' '));
const unfinished = /\b(TODO|FIXME|XXX)\b/;
const silencers = /@ts-(ignore|nocheck|expect-error)|biome-ignore-all/;

/** Complaints about a whole tree (`src`, `test`, `scripts`, `bench`). */
export function checkTidiness(files: readonly SourceFile[]): readonly Complaint[] {
  const complaints: Complaint[] = [];
  for (const file of files) {
    const complain = (line: number, message: string) =>
      complaints.push({ path: file.path, line, message });
    const tokens = tokenize(file.text);
    checkSize(file, complain);
    checkFunctions(file, tokens, complain);
    checkNames(file, tokens, complain);
    checkComments(tokens, complain);
    if (file.path.startsWith('test/')) checkTests(tokens, complain);
  }
  return [...complaints, ...unusedFiles(files)];
}

type Complain = (line: number, message: string) => void;

function checkSize(file: SourceFile, complain: Complain): void {
  const lines = file.text.split('\n');
  lines.forEach((line, i) => {
    const columns = [...line].length;
    if (columns > limits.columns) {
      complain(i + 1, `${columns} columns; break the line at ${limits.columns}`);
    }
  });
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (count > limits.fileLines) {
    complain(count, `${count} lines; a file does one thing in at most ${limits.fileLines}`);
  }
}

function checkFunctions(file: SourceFile, tokens: readonly Token[], complain: Complain): void {
  const tests = file.path.startsWith('test/') ? linesOfTests(tokens) : [];
  for (const { name, firstLine, lastLine } of functionsOf(tokens)) {
    const lines = lastLine - firstLine + 1;
    if (lines <= limits.functionLines) continue;
    // What holds tests is a chapter, not a function anybody reads at once.
    if (tests.some((line) => firstLine < line && line <= lastLine)) continue;
    const most = limits.functionLines;
    complain(firstLine, `\`${name}\` has ${lines} lines; split it, ${most} fit a screen`);
  }
}

function linesOfTests(tokens: readonly Token[]): readonly number[] {
  return tokens
    .filter(({ kind, text }, i) => {
      if (kind !== 'word' || !/^(it|test|describe)$/.test(text)) return false;
      return tokens[i - 1]?.text !== '.' && /^[.(]$/.test(tokens[i + 1]?.text ?? '');
    })
    .map(({ line }) => line);
}

function checkNames(file: SourceFile, tokens: readonly Token[], complain: Complain): void {
  for (const part of file.path.replace(/\.(test\.)?[tj]s$/, '').split('/')) {
    if (bannedNames.test(part)) complain(1, `\`${part}\` says nothing; name the thing it does`);
  }
  tokens.forEach((token, i) => {
    if (token.kind !== 'word' || !declares.has(tokens[i - 1]?.text ?? '')) return;
    if (bannedNames.test(token.text) || bannedParts.test(token.text)) {
      complain(token.line, `\`${token.text}\`: name what it does, in the words of the glossary`);
    }
  });
}

function checkComments(tokens: readonly Token[], complain: Complain): void {
  for (const { kind, text, line } of tokens) {
    if (kind !== 'comment') continue;
    const mark = unfinished.exec(text);
    if (mark !== null) complain(line, `${mark[1]}: finish it now, or open an issue for it`);
    const silencer = silencers.exec(text);
    if (silencer !== null) complain(line, `${silencer[0]}: make the types say it instead`);
  }
}

function checkTests(tokens: readonly Token[], complain: Complain): void {
  const code = tokens.filter((token) => token.kind !== 'comment');
  code.forEach((token, i) => {
    if (token.text !== 'only' || code[i - 1]?.text !== '.') return;
    complain(token.line, '`.only` hides every other test; remove it');
  });
}

/** Source files that neither the command nor a benchmark can reach; a test alone is no user. */
function unusedFiles(files: readonly SourceFile[]): readonly Complaint[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const bench = files.filter((file) => file.path.startsWith('bench/')).map((file) => file.path);
  const waiting = [...entryPoints, ...bench];
  const reached = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const name of namedFiles(tokenize(file.text))) {
      waiting.push(posix.normalize(posix.join(posix.dirname(path), name)));
    }
  }
  // A room's index.ts is its door and its documentation; behind it, everything must be in use.
  const isDoor = (path: string) => /^src\/\w+\/index\.ts$/.test(path);
  return files
    .filter(({ path }) => path.startsWith('src/') && !reached.has(path) && !isDoor(path))
    .map(({ path }) => ({
      path,
      line: 1,
      message: 'nothing uses this file; wire it in or drop it',
    }));
}

/** Imports, and files named by path because another process or thread runs them. */
function namedFiles(tokens: readonly Token[]): readonly string[] {
  const paths = tokens.flatMap(({ kind, text }) => {
    if (kind === 'string') return /^.\..*\.ts.$/.test(text) ? [text.slice(1, -1)] : [];
    // `./child.${extension}`: built, the same program ends in .js.
    const named = kind === 'template' ? /^`(\.[^`]*\.)\$\{$/.exec(text) : null;
    return named === null ? [] : [`${named[1]}ts`];
  });
  return [...importsOf(tokens).map(({ specifier }) => specifier), ...paths];
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  const files = readTree(root, ['src', 'test', 'scripts', 'bench']);
  process.exitCode = conclude('tidy', checkTidiness(files));
}

/**
 * Checks that every room imports only from strictly lower floors, and that floors 0 to 2 know
 * neither clock nor chance nor the machine (src/README.md has the table and the reasons).
 */
import { posix, resolve } from 'node:path';
import { importsOf, type Token, tokenize } from './tokens.ts';
import { type Complaint, conclude, readTree, type SourceFile } from './tree.ts';

export const floors: Readonly<Record<string, number>> = {
  base: 0,
  pbft: 1,
  proofs: 1,
  ledger: 2,
  faults: 2,
  adversaries: 2,
  runtime: 3,
  node: 4,
  prover: 4,
  validation: 5,
  trustchain: 5,
  http: 6,
  scenario: 6,
  workload: 6,
  simulator: 7,
  cluster: 7,
  daemon: 7,
  report: 8,
  cli: 9,
};

const pureFloors = 2;

// What a pure room may not say, and what it does instead.
const bannedWords = new Map([
  ['async', 'return an effect; the node does what takes time'],
  ['await', 'return an effect; the node does what takes time'],
  ['Promise', 'return an effect; the node does what takes time'],
  ['setTimeout', 'return a setTimer effect'],
  ['setInterval', 'return a setTimer effect'],
  ['setImmediate', 'return a setTimer effect'],
  ['queueMicrotask', 'return an effect'],
  ['process', 'take it as an argument'],
  ['getRandomValues', 'take a seeded Random (base/random.ts)'],
  ['randomBytes', 'take a seeded Random (base/random.ts)'],
  ['randomUUID', 'take a seeded Random (base/random.ts)'],
  ['randomInt', 'take a seeded Random (base/random.ts)'],
  ['performance', 'take nowMs as an argument'],
]);
const bannedMembers = new Map([
  ['Date.now', 'take nowMs as an argument'],
  ['Math.random', 'take a seeded Random (base/random.ts)'],
]);

/** Complaints about `files` (paths below `src/`). */
export function checkFloors(files: readonly SourceFile[]): readonly Complaint[] {
  const complaints: Complaint[] = [];
  for (const file of files) {
    const room = roomOf(file.path);
    if (room === null) continue;
    const floor = floors[room];
    if (floor === undefined) {
      const message = `room \`${room}\` has no floor; give it one here and in src/README.md`;
      complaints.push({ path: file.path, line: 1, message });
      continue;
    }
    const tokens = tokenize(file.text);
    for (const { specifier, line } of importsOf(tokens)) {
      const message = complainAboutImport(file.path, room, specifier);
      if (message !== null) complaints.push({ path: file.path, line, message });
    }
    if (floor <= pureFloors) complaints.push(...complainAboutImpurity(file.path, floor, tokens));
  }
  return complaints;
}

function roomOf(path: string): string | null {
  const parts = path.split('/');
  return parts[0] === 'src' && parts.length > 2 ? parts[1]! : null;
}

function complainAboutImport(path: string, room: string, specifier: string): string | null {
  const floor = floors[room]!;
  if (!specifier.startsWith('.')) {
    const pure = floor <= pureFloors;
    if (!pure || !specifier.startsWith('node:')) return null;
    if (room === 'base' && specifier === 'node:crypto') return null;
    return `\`${specifier}\` on floor ${floor}; base may import node:crypto, nothing else may`;
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  const other = roomOf(target);
  if (other === room) return null;
  if (other === null)
    return `\`${specifier}\` leaves the rooms of src; move what is shared to a room`;
  const otherFloor = floors[other];
  if (otherFloor === undefined) return `\`${specifier}\` is in a room without a floor`;
  if (otherFloor < floor) return null;
  const where = otherFloor === floor ? 'a stranger on the same floor' : `up on floor ${otherFloor}`;
  return (
    `\`${room}\` (floor ${floor}) imports from \`${other}\`, ${where}; ` +
    `take it as an argument or move what both need to a floor below ${Math.min(floor, otherFloor)}`
  );
}

function complainAboutImpurity(
  path: string,
  floor: number,
  tokens: readonly Token[],
): readonly Complaint[] {
  const code = tokens.filter((token) => token.kind !== 'comment');
  const complaints: Complaint[] = [];
  for (let i = 0; i < code.length; i++) {
    const token = code[i]!;
    if (token.kind !== 'word') continue;
    const before = code[i - 1]?.text;
    const owner = before === '.' || before === '?.' ? code[i - 2]?.text : null;
    const isGlobal = owner == null || owner === 'globalThis';
    const member = `${owner}.${token.text}`;
    const instead =
      bannedMembers.get(member) ??
      (readsTheDate(code, i) ? 'take milliseconds since 1970 as an argument' : null) ??
      (isGlobal && !isKey(code, i) ? bannedWords.get(token.text) : null);
    if (instead == null) continue;
    const shown = bannedMembers.has(member) ? member : token.text;
    const message = `\`${shown}\` on floor ${floor}, which is pure; ${instead}`;
    complaints.push({ path, line: token.line, message });
  }
  return complaints;
}

/** `new Date()` reads the clock, `new Date(timestamp)` does not. */
function readsTheDate(code: readonly Token[], i: number): boolean {
  if (code[i]!.text !== 'Date') return false;
  if (code[i - 1]?.text === 'new') return code[i + 1]?.text !== '(' || code[i + 2]?.text === ')';
  return code[i + 1]?.text === '(';
}

/** Whether the word at `i` names a property (`process: …`), not a global. */
function isKey(code: readonly Token[], i: number): boolean {
  const next = code[i + 1]?.text;
  const before = code[i - 1]?.text;
  return next === ':' && (before === '{' || before === ',' || before === ';' || before === '(');
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  process.exitCode = conclude('floors', checkFloors(readTree(root, ['src'])));
}

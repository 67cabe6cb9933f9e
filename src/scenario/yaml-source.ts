import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { maxAliasUses, maxNesting, maxProblems, maxValues } from './limits.ts';
import type { Problem } from './problem.ts';

/** A value of the file and where it stands, so that every complaint can point at it. */
export interface At {
  readonly node: Node | null;
  /** The key in front of it, which is where a missing value is shown. */
  readonly key: Node | null;
  readonly path: string;
  readonly document: YamlDocument;
}

/** Keys and places in lists, from the top of a document. */
export type Path = readonly (string | number)[];

/** Stops reading a file that asks for more work than any honest one. */
class TooMuch extends Error {}

/** A YAML 1.2 file as documents whose every node knows its line and column. */
export class YamlFile {
  readonly name: string;
  readonly documents: readonly YamlDocument[];
  readonly #lines = new LineCounter();
  readonly #problems: Problem[] = [];
  #values = 0;
  #aliasUses = 0;

  constructor(name: string, text: string) {
    this.name = name;
    this.documents = this.#parse(text);
  }

  /** In the order of the file. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  #parse(text: string): readonly YamlDocument[] {
    if (nestsTooDeep(text)) {
      this.complainAt(0, '', 'values nested too deep', `at most ${maxNesting} levels`);
      return [];
    }
    const parsed = parseAllDocuments(text, {
      version: '1.2',
      lineCounter: this.#lines,
      prettyErrors: false, // they quote the source, at quadratic cost in a file full of errors
    });
    const documents = Array.isArray(parsed) ? parsed : [];
    for (const document of documents) {
      for (const error of [...document.errors, ...document.warnings]) {
        const words = inOurWords(error, text);
        if (words !== null) this.complainAt(error.pos[0], '', words.found, words.allowed);
      }
    }
    // A marker with nothing behind it, as at the end of many a file, begins no scenario.
    const written = documents.filter(({ contents }) => contents !== null && !isBlank(contents));
    return written.map((document) => new YamlDocument(this, document, text));
  }

  complainAt(offset: number, key: string, found: string, allowed: string): void {
    if (this.#problems.length >= maxProblems) return;
    const { line, col } = this.#lines.linePos(offset);
    const problem = { file: this.name, line: Math.max(line, 1), column: Math.max(col, 1) };
    this.#problems.push({ ...problem, key, found, allowed });
  }

  /** Counts one value read; throws once there were more than a file may have. */
  spend(alias: boolean): void {
    this.#values++;
    if (alias) this.#aliasUses++;
    if (this.#values > maxValues || this.#aliasUses > maxAliasUses) throw new TooMuch();
  }

  /** Runs `read`, turning a file that is too much work into a problem. */
  bounded<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      const allowed = `at most ${maxValues} values and ${maxAliasUses} uses of aliases`;
      this.complainAt(0, '', 'more than that in one file', allowed);
      return undefined;
    }
  }
}

/** What the YAML reader says, or where people stumble what they meant; null: that was said. */
function inOurWords({ code, pos, message }: YAMLError, text: string) {
  const [start] = pos;
  if (code === 'DUPLICATE_KEY') {
    const key = /^[^\s:,]*/.exec(text.slice(start, start + 64))?.[0] ?? '';
    return { found: `the key ${key} once more`, allowed: 'each key once' };
  }
  // To YAML a bare `>` begins folded text: `issued: >= 3`.
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1).split(/\r?\n/, 1)[0] ?? '';
  const comparison = /: +(>=? *[0-9][^#]*)/.exec(line)?.[1];
  if (comparison !== undefined) {
    if (!message.startsWith('Block scalar')) return null;
    const written = comparison.trim();
    return { found: `${shortened(written)} without quotes`, allowed: `"${shortened(written)}"` };
  }
  const said = message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  return { found: `no valid YAML (${said})`, allowed: 'YAML 1.2' };
}

function isBlank(node: Node): boolean {
  return isScalar(node) && node.value === null && node.source === '';
}

/**
 * Whether brackets or compact `- - -` nest deeper than the YAML reader may recurse. Brackets in
 * text and comments count too, which no honest file notices.
 */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > maxNesting) return true;
  }
  return new RegExp(`(?:[-?:][ \\t]+){${maxNesting}}`).test(text);
}

export class YamlDocument {
  readonly file: YamlFile;
  readonly #document: Document.Parsed;
  readonly #text: string;

  constructor(file: YamlFile, document: Document.Parsed, text: string) {
    this.file = file;
    this.#document = document;
    this.#text = text;
  }

  get root(): At {
    return this.#at(this.#document.contents, null, '');
  }

  /** The value at `path`, or the nearest one above that the file wrote down. */
  locate(path: Path): At {
    const { at, whole } = this.#follow(path);
    return whole ? at : { ...at, path: joinPath(path) };
  }

  /**
   * Where the file says `number`, at one of these paths or in a list there; the first path where it
   * does not, or where no path of them is.
   */
  locateNumber(paths: readonly Path[], number: number): At {
    for (const path of paths) {
      const { at, whole } = this.#follow(path);
      const found = whole ? numberIn(at, number) : null;
      if (found !== null) return found;
    }
    return this.locate(paths[0] ?? []);
  }

  #follow(path: Path): { readonly at: At; readonly whole: boolean } {
    let at = this.root;
    for (const step of path) {
      const next = typeof step === 'number' ? elements(at)?.[step] : entries(at)?.get(step);
      if (next === undefined) return { at, whole: false };
      at = next;
    }
    return { at, whole: true };
  }

  #at(node: Node | null, key: Node | null, path: string): At {
    this.file.spend(isAlias(node));
    // An alias of nothing stays what it is, so that the complaint about it shows it.
    const resolved = isAlias(node) ? (node.resolve(this.#document) ?? node) : node;
    return { node: resolved, key, path, document: this };
  }

  entry(node: Node | null, key: Node, path: string): At {
    return this.#at(node, key, path);
  }

  element(node: Node | null, path: string): At {
    return this.#at(node, null, path);
  }

  complain(at: At, allowed: string, found = this.show(at)): void {
    const offset = (at.node ?? at.key)?.range?.[0] ?? 0;
    this.file.complainAt(offset, at.path, found, allowed);
  }

  /** The value as the file writes it, on one line and short. */
  show(at: At): string {
    const range = at.node?.range;
    if (range == null) return 'nothing';
    const written = this.#text.slice(range[0], range[1]).replace(/\s+/g, ' ').trim();
    return written === '' ? 'nothing' : shortened(written);
  }
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function numberIn(at: At, number: number): At | null {
  if (scalar(at) === number) return at;
  for (const element of elements(at) ?? []) {
    const found = numberIn(element, number);
    if (found !== null) return found;
  }
  return null;
}

function joinPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** The entries of a mapping by key, or null for anything else. Keys that are no text are kept. */
export function entries(at: At): Map<string, At> | null {
  if (!isMap(at.node)) return null;
  const found = new Map<string, At>();
  for (const { key, value } of (at.node as YAMLMap<Node, Node | null>).items) {
    const name = isScalar(key) ? String(key.value) : at.document.show({ ...at, node: key });
    const step = shortened(name);
    const path = at.path === '' ? step : `${at.path}.${step}`;
    found.set(name, at.document.entry(value, key, path));
  }
  return found;
}

/** The elements of a list, or null for anything else. */
export function elements(at: At): readonly At[] | null {
  if (!isSeq(at.node)) return null;
  return at.node.items.map((item, i) => at.document.element(item as Node, `${at.path}[${i}]`));
}

/** The value of a scalar; undefined for a mapping, a list or nothing at all. */
export function scalar(at: At): unknown {
  return isScalar(at.node) ? at.node.value : undefined;
}

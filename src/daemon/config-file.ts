import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { closest, formatProblem, type Problem } from '../scenario/problem.ts';
import {
  type At,
  elements,
  entries,
  scalar,
  type YamlDocument,
  YamlFile,
} from '../scenario/yaml-source.ts';
import { maxConfigBytes } from './limits.ts';
import { DaemonRefusal } from './refusal.ts';

export type ReadConfig<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a file of one YAML 1.2 document (JSON is YAML too) that must fit `schema`, whose error
 * texts say what is allowed. Every problem names file, line, key and what was found. `file` is the
 * name in messages.
 */
export function readConfig<T>(file: string, text: string, schema: z.ZodType<T>): ReadConfig<T> {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > maxConfigBytes) {
    return fail(file, `${sizeBytes} bytes`, `at most ${maxConfigBytes} bytes`);
  }
  const yaml = new YamlFile(file, text);
  if (yaml.problems.length > 0) return { ok: false, problems: yaml.problems };
  const [document, ...more] = yaml.documents;
  if (document === undefined) return fail(file, 'nothing', 'one mapping');
  if (more.length > 0) return fail(file, `${more.length + 1} documents`, 'one');
  const raw = yaml.bounded(() => plainValue(document.root));
  if (yaml.problems.length > 0) return { ok: false, problems: yaml.problems };
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, value: parsed.data };
  for (const issue of parsed.error.issues) complain(document, schema, issue);
  return { ok: false, problems: yaml.problems };
}

/** What the file at `path` says; throws {@link DaemonRefusal} that names every problem in it. */
export function readConfigAt<T>(path: string, schema: z.ZodType<T>): T {
  return orRefuse(readConfig(path, textAt(path), schema));
}

/** The text of a config file; throws {@link DaemonRefusal} where there is none. */
export function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = `${path}: found nothing readable; allowed: a config file (YAML)`;
    throw new DaemonRefusal('badInput', message, error);
  }
}

/** What was read; throws {@link DaemonRefusal} with a line for every problem. */
export function orRefuse<T>(read: ReadConfig<T>): T {
  if (read.ok) return read.value;
  throw new DaemonRefusal('badInput', read.problems.map(formatProblem).join('\n'));
}

function fail(file: string, found: string, allowed: string): ReadConfig<never> {
  return { ok: false, problems: [{ file, line: 1, column: 1, key: '', found, allowed }] };
}

/** What the file says, as JSON would: mappings, lists, texts, numbers, booleans, null. */
function plainValue(at: At): unknown {
  const mapping = entries(at);
  if (mapping !== null) {
    return Object.fromEntries([...mapping].map(([key, value]) => [key, plainValue(value)]));
  }
  return elements(at)?.map(plainValue) ?? scalar(at) ?? null;
}

type Issue = z.core.$ZodIssue;

function complain(document: YamlDocument, schema: z.ZodType, issue: Issue): void {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const at = document.locate(path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const written = entries(at)?.get(key) ?? at;
      document.complain(written, allowedInstead(key, keysAt(schema, path)), `the key "${key}"`);
    }
    return;
  }
  // Where the value is missing, `at` is what should hold it: its whole text would say nothing.
  const isThere = issue.path.length === 0 || hasValue(document, path);
  document.complain(at, issue.message, isThere ? document.show(at) : 'nothing');
}

function hasValue(document: YamlDocument, path: readonly (string | number)[]): boolean {
  const last = path.at(-1);
  const parent = document.locate(path.slice(0, -1));
  const value = typeof last === 'number' ? elements(parent)?.[last] : entries(parent)?.get(last!);
  return value !== undefined;
}

function allowedInstead(key: string, known: readonly string[]): string {
  const meant = closest(key, known);
  if (meant !== null) return `"${meant}", perhaps`;
  return known.length === 0 ? 'only keys of the format' : known.join(', ');
}

function keysAt(schema: z.ZodType, path: readonly (string | number)[]): readonly string[] {
  let inner: z.ZodType | undefined = schema;
  for (const step of path) {
    if (inner === undefined) return [];
    inner = typeof step === 'string' ? fieldsOf(inner)[step] : elementOf(inner);
  }
  return inner === undefined ? [] : Object.keys(fieldsOf(inner));
}

/** The fields of a mapping's schema, whatever defaults are wrapped around it. */
export function fieldsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  return unwrapped(schema).shape ?? {};
}

function elementOf(schema: z.ZodType): z.ZodType | undefined {
  return unwrapped(schema).element;
}

interface Inside {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
}

function unwrapped(schema: z.ZodType): z.ZodType & Inside {
  let inner: z.ZodType & Inside = schema;
  while ('unwrap' in inner && typeof inner.unwrap === 'function' && !('element' in inner)) {
    inner = inner.unwrap();
  }
  return inner;
}

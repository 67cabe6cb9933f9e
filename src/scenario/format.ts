import { closest } from './problem.ts';
import { type At, elements, entries, scalar } from './yaml-source.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * One declaration, two readers: how a value is read from a file, and its JSON Schema. `read`
 * returns undefined after it has reported what is wrong.
 */
export interface Format<T> {
  readonly schema: JsonSchema;
  /** In words, as it appears after `allowed:`. */
  readonly allowed: string;
  read(at: At): T | undefined;
}

export type ValueOf<F> = F extends Format<infer T> ? T : never;

/** A scalar that `take` accepts by returning a value. */
export function scalarOf<T>(
  allowed: string,
  schema: JsonSchema,
  take: (value: unknown) => T | undefined,
): Format<T> {
  return {
    schema,
    allowed,
    read(at) {
      const value = take(scalar(at));
      if (value === undefined) at.document.complain(at, allowed);
      return value;
    },
  };
}

/** Printable text on one line, or on several where `lines` says so. No control characters. */
export function text(lines: 'line' | 'lines', maxLength: number, minLength = 0): Format<string> {
  const control = lines === 'line' ? '\\u0000-\\u001f' : '\\u0000-\\u0008\\u000b-\\u001f';
  const pattern = `^[^${control}\\u007f-\\u009f]*$`;
  const printable = new RegExp(pattern);
  const allowed = `printable text of ${minLength} to ${maxLength} characters`;
  return scalarOf(allowed, { type: 'string', minLength, maxLength, pattern }, (value) => {
    if (typeof value !== 'string' || !printable.test(value)) return undefined;
    const length = [...value].length; // JSON Schema counts characters, not UTF-16 units
    return length >= minLength && length <= maxLength ? value : undefined;
  });
}

export function integer(minimum: number, maximum: number): Format<number> {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  return scalarOf(allowed, { type: 'integer', minimum, maximum }, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum && value <= maximum
      ? value
      : undefined,
  );
}

/** One of a few words; a near miss is told which one. */
export function oneOf<const T extends string>(words: readonly T[]): Format<T> {
  const allowed = words.join(', ');
  return {
    schema: { enum: words },
    allowed,
    read(at) {
      const value = scalar(at);
      const word = words.find((candidate) => candidate === value);
      if (word === undefined) {
        const meant = typeof value === 'string' ? closest(value, words) : null;
        const hint = meant === null ? '' : ` (did you mean ${meant}?)`;
        at.document.complain(at, allowed, `${at.document.show(at)}${hint}`);
      }
      return word;
    },
  };
}

/** Exactly `true`. */
export const yes: Format<true> = scalarOf('true', { enum: [true] }, (value) =>
  value === true ? true : undefined,
);

export function list<T>(item: Format<T>, minItems: number, maxItems: number): Format<readonly T[]> {
  const allowed = `a list of ${minItems} to ${maxItems} entries, each ${item.allowed}`;
  return {
    schema: { type: 'array', items: item.schema, minItems, maxItems },
    allowed,
    read(at) {
      const found = elements(at);
      if (found === null || found.length < minItems || found.length > maxItems) {
        const count = found === null ? at.document.show(at) : `${found.length} entries`;
        at.document.complain(at, allowed, count);
        return undefined;
      }
      return allRead(found.map((element) => item.read(element)));
    },
  };
}

function allRead<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  return values.every((value): value is T => value !== undefined) ? values : undefined;
}

/**
 * A key of a mapping. Without `missing` the key must be there; with it a key that has no value, as
 * in a file that is still being written, counts as not there.
 */
export interface Field<T> {
  readonly format: Format<T>;
  readonly missing?: { readonly value: T; readonly written?: unknown };
  readonly description: string;
}

export function required<T>(format: Format<T>, description: string): Field<T> {
  return { format, description };
}

/** `written` is the default as a file would write it, for the schema. */
export function optional<T>(
  format: Format<T>,
  value: T,
  written: unknown,
  description: string,
): Field<T> {
  return { format, missing: { value, written }, description };
}

/** A key that means nothing when it is not there. */
export function maybe<T>(format: Format<T>, description: string): Field<T | null> {
  return { format, missing: { value: null }, description };
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type MappingOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** A mapping with these keys and no others. `what` is its name in messages. */
export function mapping<const F extends Fields>(what: string, fields: F): Format<MappingOf<F>> {
  const names = Object.keys(fields);
  const allowed = `${what} with the keys ${names.join(', ')}`;
  return {
    schema: schemaOfFields(fields),
    allowed,
    read(at) {
      const found = entries(at);
      if (found === null) {
        at.document.complain(at, allowed);
        return undefined;
      }
      refuseUnknown(found, names);
      let complete = true;
      const values: Record<string, unknown> = {};
      for (const [name, { format, missing }] of Object.entries(fields)) {
        const entry = found.get(name);
        const absent = entry === undefined || (missing !== undefined && isEmpty(entry));
        const value = absent ? missing?.value : format.read(entry);
        if (entry === undefined && missing === undefined) {
          at.document.complain({ ...at, path: childPath(at, name) }, format.allowed, 'no such key');
        }
        if (value === undefined) complete = false;
        values[name] = value;
      }
      return complete ? (values as MappingOf<F>) : undefined;
    },
  };
}

/** `expect:` with nothing behind it, `~` and `null`. */
function isEmpty(at: At): boolean {
  return at.node === null || scalar(at) === null;
}

function childPath(at: At, name: string): string {
  return at.path === '' ? name : `${at.path}.${name}`;
}

function refuseUnknown(found: ReadonlyMap<string, At>, names: readonly string[]): void {
  for (const [name, entry] of found) {
    if (names.includes(name)) continue;
    const meant = closest(name, names);
    const hint = meant === null ? '' : ` (did you mean ${meant}?)`;
    const place = { ...entry, node: entry.key };
    entry.document.complain(place, names.join(', '), `an unknown key${hint}`);
  }
}

function schemaOfFields(fields: Fields): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [name, { format, missing, description }] of Object.entries(fields)) {
    const shown = missing?.written === undefined ? {} : { default: missing.written };
    const schema = missing === undefined ? format.schema : orNull(format.schema);
    properties[name] = { description, ...schema, ...shown };
  }
  const must = Object.keys(fields).filter((name) => fields[name]!.missing === undefined);
  return {
    type: 'object',
    properties,
    ...(must.length === 0 ? {} : { required: must }),
    additionalProperties: false,
  };
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: words, oneOf: forms } = schema;
  if (Array.isArray(words)) return { ...schema, enum: [...words, null] };
  if (Array.isArray(forms)) return { ...schema, oneOf: [...forms, { type: 'null' }] };
  return { ...schema, type: [type, 'null'] };
}

/** A mapping told apart by which one of some keys it has. */
export function choice<const M extends Readonly<Record<string, Format<unknown>>>>(
  what: string,
  members: M,
): Format<ValueOf<M[keyof M]>> {
  const names = Object.keys(members);
  const allowed = `${what} with one of the keys ${names.join(', ')}`;
  return {
    schema: { type: 'object', oneOf: names.map((name) => members[name]!.schema) },
    allowed,
    read(at) {
      const found = entries(at);
      const chosen = names.filter((name) => found?.has(name) === true);
      if (chosen.length === 1) {
        return members[chosen[0]!]!.read(at) as ValueOf<M[keyof M]> | undefined;
      }
      const shown = chosen.length > 1 ? chosen.join(' and ') : at.document.show(at);
      const keys = [...(found?.keys() ?? [])];
      const meant = keys.map((key) => closest(key, names)).find((name) => name !== null);
      const hint = chosen.length === 0 && meant != null ? ` (did you mean ${meant}?)` : '';
      at.document.complain(at, allowed, `${shown}${hint}`);
      return undefined;
    },
  };
}

/** A mapping is read as `nested`, anything else as `plain`. */
export function plainOrMapping<A, B>(plain: Format<A>, nested: Format<B>): Format<A | B> {
  return {
    schema: { oneOf: [plain.schema, nested.schema] },
    allowed: `${plain.allowed}, or ${nested.allowed}`,
    read(at) {
      if (entries(at) !== null) return nested.read(at);
      const value = scalar(at);
      if (value === undefined || value === null) {
        at.document.complain(at, this.allowed);
        return undefined;
      }
      return plain.read(at);
    },
  };
}

/** Reads on where `format` ends: turns the value into another, or refuses it. */
export function refine<A, B>(
  format: Format<A>,
  turn: (value: A, at: At) => B | undefined,
  schema: JsonSchema = {},
): Format<B> {
  return {
    schema: { ...format.schema, ...schema },
    allowed: format.allowed,
    read(at) {
      const value = format.read(at);
      return value === undefined ? undefined : turn(value, at);
    },
  };
}

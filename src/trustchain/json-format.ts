import type { z } from 'zod';

export { count, hash, hex } from '../runtime/json-format.ts';

/** The one text of a value: two spaces, keys in the order given, final newline. */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a text that must be the canonical one of a value of `schema` (whose keys stand in the order
 * of the file): no byte of it can change without changing the value. `what` names it in errors.
 */
export function parseCanonical<T>(
  what: string,
  schema: z.ZodType<T>,
  text: string,
  maxLength: number,
): Parsed<T> {
  if (text.length > maxLength) {
    return { ok: false, reason: `${what}: ${text.length} characters, at most ${maxLength}` };
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return { ok: false, reason: `${what}: no JSON (${(error as SyntaxError).message})` };
  }
  const result = schema.safeParse(raw);
  if (!result.success) {
    const issue = result.error.issues[0];
    const place = issue?.path.join('.') || 'the whole';
    return { ok: false, reason: `${what}: ${place}: ${issue?.message ?? 'not as expected'}` };
  }
  if (canonicalJson(result.data) !== text) {
    return { ok: false, reason: `${what}: not in its canonical form (order, spaces, newline)` };
  }
  return { ok: true, value: result.data };
}

import { z } from 'zod';
import { assert } from '../base/assert.ts';
import { fromHex } from '../base/bytes.ts';

/** How bytes and numbers stand in every JSON of this program: files and answers over HTTP. */

/** Lower-case hex, whole bytes. */
export const hex = z.string().regex(/^([0-9a-f]{2})*$/, 'lower-case hex');
export const hash = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits');
export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Bytes of hex that a schema let through. */
export function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== null, 'the schema lets only hex through');
  return bytes;
}

import { assert } from '../base/assert.ts';
import { concatBytes, equalBytes } from '../base/bytes.ts';

/** Bytes without a part of them that is kept elsewhere. */
export interface OwnPart {
  readonly rest: Uint8Array;
  /** Where the part stood. */
  readonly at: number;
}

/** What begins alike is most likely it; to look for kilobytes at once takes a table of them. */
const beginningBytes = 16;

function placeOf(part: Uint8Array, whole: Uint8Array): number {
  const bytes = Buffer.from(whole.buffer, whole.byteOffset, whole.length);
  const at = bytes.indexOf(part.subarray(0, beginningBytes));
  return at < 0 || equalBytes(bytes.subarray(at, at + part.length), part)
    ? at
    : bytes.indexOf(part);
}

/** Cuts `part` out of bytes that hold it. */
export function ownPart(whole: Uint8Array, part: Uint8Array): OwnPart {
  const at = placeOf(part, whole);
  assert(at >= 0, 'what is shared stands in what shares it');
  return { rest: concatBytes(whole.subarray(0, at), whole.subarray(at + part.length)), at };
}

/** Puts it in again. */
export function wholeOf({ rest, at }: OwnPart, part: Uint8Array): Uint8Array {
  return concatBytes(rest.subarray(0, at), part, rest.subarray(at));
}

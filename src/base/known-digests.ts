import { byteOf, putHex, toHex } from './bytes.ts';
import { type Digest, digestBytes } from './digest.ts';

/**
 * Digests read and written lately, in hex and in bytes, in places by their first twelve bits: all
 * votes of a slot name one header, and a request's digest is written into its batch, its result and
 * its answer. To turn one into the other costs a quarter of the hash itself.
 */
const places = 4096;
const hexes: (Digest | undefined)[] = new Array(places).fill(undefined);
/** Side by side, because an array for each would take ten times the memory. */
const bytes = new Uint8Array(places * digestBytes);

/** The digest at `start` in hex, and the same string for the same bytes most times. */
export function digestIn(buffer: Uint8Array, start: number): Digest {
  const place = ((buffer[start] as number) << 4) | ((buffer[start + 1] as number) >>> 4);
  const from = place * digestBytes;
  const known = hexes[place];
  if (known !== undefined) {
    let same = 0;
    while (same < digestBytes && bytes[from + same] === buffer[start + same]) same++;
    if (same === digestBytes) return known;
  }
  for (let i = 0; i < digestBytes; i++) bytes[from + i] = buffer[start + i] as number;
  const hex = toHex(bytes.subarray(from, from + digestBytes));
  hexes[place] = hex;
  return hex;
}

/** Where `hex` stands in the tables, from now on at the latest. */
function placeOf(hex: Digest): number {
  const place = ((byteOf(hex, 0) << 4) | (byteOf(hex, 1) >>> 4)) & (places - 1);
  if (hexes[place] !== hex) {
    putHex(hex, digestBytes, bytes, place * digestBytes);
    hexes[place] = hex;
  }
  return place;
}

/**
 * The very string that readers give for this digest, where one was read or asked for lately: who
 * computes what others will quote compares at a glance.
 */
export function asRead(hex: Digest): Digest {
  return hexes[placeOf(hex)] as Digest;
}

/** The bytes of `hex`, which is not checked, into `out` from `at` on. */
export function putDigest(hex: Digest, out: Uint8Array, at: number): void {
  const from = placeOf(hex) * digestBytes;
  for (let i = 0; i < digestBytes; i++) out[at + i] = bytes[from + i] as number;
}

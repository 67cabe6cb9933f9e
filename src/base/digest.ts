import { createHash, hash, scryptSync } from 'node:crypto';
import { concatBytes, Scratch, utf8 } from './bytes.ts';

/** SHA-256 as 64 lower-case hex characters: compares with `===` and prints as it is. */
export type Digest = string;

export const digestBytes = 32;

/** The digest no input has: stands for "nothing yet" where a chain of digests begins. */
export const zeroDigest: Digest = '0'.repeat(64);

/** Where tag and bytes stand side by side to be hashed in one call, which costs half of three. */
const scratch = new Scratch(16 * 1024);
/** Tags with their closing zero byte: the first so many, which are those of the protocol. */
const tags = new Map<string, Uint8Array>();
const maxTags = 256;

/** What stands before everything that is hashed in a domain, the zero byte at its end included. */
export function tagOf(domain: string): Uint8Array {
  let tag = tags.get(domain);
  if (tag === undefined) {
    tag = utf8(`${domain}\0`);
    if (tags.size < maxTags) tags.set(domain, tag);
  }
  return tag;
}

function tagged(domain: string, bytes: Uint8Array): Uint8Array {
  const tag = tagOf(domain);
  const sizeBytes = tag.length + bytes.length;
  if (sizeBytes > scratch.bytes.length) return concatBytes(tag, bytes);
  scratch.bytes.set(tag);
  scratch.bytes.set(bytes, tag.length);
  return scratch.first(sizeBytes);
}

/**
 * SHA-256 over a domain tag and one byte string. The tag is closed by a zero byte and no tag
 * contains one, so no two domains can be made to hash the same bytes.
 */
export function digest(domain: string, bytes: Uint8Array): Digest {
  return sha256Hex(tagged(domain, bytes));
}

/** As {@link digest}, in bytes. */
export function digestToBytes(domain: string, bytes: Uint8Array): Uint8Array {
  return sha256(tagged(domain, bytes));
}

/** Bare SHA-256 (no domain), for formats that other programs define (RFC 6962, hashcash, X.509). */
export function sha256(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(digestBytes);
  sha256Into(bytes, out, 0);
  return out;
}

/** As {@link sha256}, in hex. */
export function sha256Hex(bytes: Uint8Array): Digest {
  return hash('sha256', bytes, 'hex');
}

/** As {@link sha256}, into `out` from `at` on: where many hashes follow on each other. */
export function sha256Into(bytes: Uint8Array, out: Uint8Array, at: number): void {
  const characters = sha256Characters(bytes);
  for (let i = 0; i < digestBytes; i++) out[at + i] = characters.charCodeAt(i);
}

/**
 * As {@link sha256}, each byte a character: a Buffer from node:crypto costs twice the hash of a
 * short input.
 */
export function sha256Characters(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'binary');
}

/** SHAKE128 (FIPS 202) over a domain tag and one byte string: as many bytes as asked for. */
export function expandBytes(domain: string, bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const shake = createHash('shake128', { outputLength: sizeBytes });
  return shake.update(tagged(domain, bytes)).digest();
}

/** Block size and iterations of {@link scrypt}: 4 MiB of memory and some ten milliseconds. */
const scryptParameters = { N: 4096, r: 8, p: 1, maxmem: 16 * 2 ** 20 };

/** scrypt (RFC 7914) with N = 4096, r = 8, p = 1: 32 bytes that cost their finder memory too. */
export function scrypt(password: Uint8Array, salt: Uint8Array): Uint8Array {
  return scryptSync(password, salt, digestBytes, scryptParameters);
}

export function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

import { createHash, hash } from 'node:crypto';

/** SHA-256 as 64 lower-case hex characters: compares with `===` and prints as it is. */
export type Digest = string;

export const digestBytes = 32;

/** The digest no input has: stands for "nothing yet" where a chain of digests begins. */
export const zeroDigest: Digest = '0'.repeat(64);

/**
 * SHA-256 over a domain tag and one byte string. The tag is closed by a zero byte and no tag
 * contains one, so no two domains can be made to hash the same bytes.
 */
export function digest(domain: string, bytes: Uint8Array): Digest {
  return createHash('sha256').update(`${domain}\0`).update(bytes).digest('hex');
}

/** As {@link digest}, in bytes. */
export function digestToBytes(domain: string, bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(`${domain}\0`).update(bytes).digest();
}

/** Bare SHA-256 (no domain), for formats that other programs define (RFC 6962, hashcash, X.509). */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

export function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

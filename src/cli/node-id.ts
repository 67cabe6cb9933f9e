import { createPublicKey } from 'node:crypto';
import { fromHex } from '../base/bytes.ts';
import { badInput } from './failure.ts';
import { readTextFile } from './read-file.ts';

const maxKeyFileBytes = 16 * 1024;

/** The 32 bytes of the public key in the file. */
export function nodeIdIn(path: string): Uint8Array {
  const text = readTextFile(path, maxKeyFileBytes).trim();
  const raw = nodeIdOf(text);
  if (raw !== null) return raw;
  const allowed = 'an Ed25519 key in PEM, private or public, or a public key as 64 hex digits';
  let kind = 'no key';
  try {
    const key = createPublicKey(text);
    kind = `a key of type ${key.asymmetricKeyType}`;
    const { x } = key.export({ format: 'jwk' });
    if (key.asymmetricKeyType === 'ed25519' && x !== undefined) {
      return new Uint8Array(Buffer.from(x, 'base64url'));
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    kind = 'no key that can be read'; // OpenSSL's own words help nobody
  }
  throw badInput(`${path}: found ${kind}; allowed: ${allowed}`);
}

/** A public key written as 64 hex digits; null for anything else. */
export function nodeIdOf(text: string): Uint8Array | null {
  return /^[0-9a-fA-F]{64}$/.test(text) ? fromHex(text) : null;
}

import { assert } from '../../base/assert.ts';
import { type Reader, Writer } from '../../base/codec.ts';
import type { Digest } from '../../base/digest.ts';
import { importPublicKey, isP256, type SigningKey, verifyWith } from '../keys.ts';

/**
 * The key a log signs with: P-256, as RFC 6962 §2.1.4 wants it, and not the authority's, so that
 * what the log says cannot be mistaken for a certificate. It is known by its hash.
 */
export interface LogKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** §3.2 LogID: SHA-256 of {@link publicKey}. */
  readonly logId: Digest;
  /** ECDSA in DER. */
  sign(bytes: Uint8Array): Uint8Array;
}

export function logKey(key: SigningKey): LogKey {
  assert(key.algorithm === 'p256', 'a log signs with P-256');
  return { publicKey: key.publicKey, logId: key.keyHash, sign: (bytes) => key.sign(bytes) };
}

/** RFC 5246 §4.7: hash sha256 and signature ecdsa, the pair this log uses. */
const sha256Ecdsa = 0x0403;
/** DER of two numbers of the order of P-256 takes 72 bytes at most. */
const maxSignatureBytes = 72;

/** `digitally-signed`: the algorithms, then the signature with its length. */
export function writeSignature(writer: Writer, signature: Uint8Array): Writer {
  return writer.u16(sha256Ecdsa).u16(signature.length).fixed(signature);
}

export function encodeSignature(signature: Uint8Array): Uint8Array {
  return writeSignature(new Writer(), signature).finish();
}

export function readSignature(reader: Reader): Uint8Array {
  const algorithms = reader.u16('signature algorithms');
  if (algorithms !== sha256Ecdsa) reader.fail('signature: not ECDSA with SHA-256');
  const length = reader.u16('signature');
  if (length > maxSignatureBytes) reader.fail(`signature: ${length} bytes`);
  return reader.fixed(length, 'signature');
}

/** True when the log with this key signed `bytes`; false for keys no log may have. */
export function isSignedByLog(
  publicKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = importPublicKey(publicKey);
  return key !== null && isP256(key) && verifyWith(key, 'sha256', bytes, signature);
}

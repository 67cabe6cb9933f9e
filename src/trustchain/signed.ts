import { bitString, sequence } from './der-writer.ts';
import { signatureAlgorithm } from './fields.ts';
import type { KeyAlgorithm } from './keys.ts';

/**
 * SEQUENCE { toBeSigned, signatureAlgorithm, BIT STRING signature }: the shape certificates and
 * revocation lists share (RFC 5280 §4.1, §5.1). Put together from bytes, so that what was signed is
 * what is sent, and because parsing it again would cost more than the signature.
 */
export function signedSequence(
  toBeSigned: Uint8Array,
  algorithm: KeyAlgorithm,
  signature: Uint8Array,
): Uint8Array {
  return sequence(toBeSigned, signatureAlgorithm(algorithm), bitString(signature));
}

import { concatBytes } from '../base/bytes.ts';
import { toDer } from './der.ts';
import { ecdsaWithSha256 } from './fields.ts';

const algorithm = toDer(ecdsaWithSha256());

/** Identifier and length octets in front of `content` (X.690 §8.1, definite form). */
function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const octets =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...octets), content);
}

/**
 * SEQUENCE { toBeSigned, ecdsa-with-SHA256, BIT STRING signature }: the shape certificates and
 * revocation lists share (RFC 5280 §4.1, §5.1). Put together from bytes, so that what was signed is
 * what is sent, and because parsing it again would cost more than the signature.
 */
export function signedSequence(toBeSigned: Uint8Array, signature: Uint8Array): Uint8Array {
  const bits = element(0x03, concatBytes(Uint8Array.of(0), signature));
  return element(0x30, concatBytes(toBeSigned, algorithm, bits));
}

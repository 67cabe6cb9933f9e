import type { KeyObject } from 'node:crypto';
import { equalBytes, fromHex } from '../base/bytes.ts';
import { hasSmallOrder, isCanonicalPoint } from '../base/ed25519-points.ts';
import { publicKeyBits } from './fields.ts';
import { importPublicKey } from './keys.ts';
import { limits } from './limits.ts';
import { type Checked, type Refusal, refuse } from './refusal.ts';
import { weakModulus } from './weak-rsa.ts';

/** Keys that are certified. `ec`: P-256, P-384 or P-521. */
export type KeyType = 'ec' | 'rsa' | 'ed25519';

/** As node names them: FIPS 186-5 curves. */
const curves: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

export interface RequesterKey {
  readonly keyType: KeyType;
  readonly object: KeyObject;
}

/** A SubjectPublicKeyInfo (DER) as a key that is strong enough to be certified. */
export function checkKey(publicKey: Uint8Array): Checked<RequesterKey> {
  const object = importPublicKey(publicKey);
  if (object === null) return refuse('unsupportedKey', 'the public key is not readable');
  // By far the most: all but the point is known, so asking the library would tell nothing more.
  if (isPlainP256(publicKey)) return { ok: true, value: { keyType: 'ec', object } };
  const exported = object.export({ format: 'der', type: 'spki' });
  if (!equalBytes(publicKey, exported)) {
    return refuse('unsupportedKey', 'the public key is not in its one DER encoding');
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = object;
  if (type === 'ec' && curves.includes(details?.namedCurve)) {
    // Uncompressed points only (RFC 5480 §2.2).
    if (publicKeyBits(publicKey)[0] !== 4)
      return refuse('unsupportedKey', 'the point is compressed');
    return { ok: true, value: { keyType: 'ec', object } };
  }
  if (type === 'ed25519') {
    const point = publicKeyBits(publicKey);
    if (hasSmallOrder(point) || !isCanonicalPoint(point)) {
      return refuse('weakKey', 'an Ed25519 point of small order: anybody can sign for it');
    }
    return { ok: true, value: { keyType: 'ed25519', object } };
  }
  if (type !== 'rsa') {
    const found = details?.namedCurve ?? type;
    return refuse('unsupportedKey', `${found}: P-256, P-384, P-521, RSA and Ed25519 are taken`);
  }
  const refusal = rsaRefusal(object);
  if (refusal !== null) return { ok: false, refusal };
  return { ok: true, value: { keyType: 'rsa', object } };
}

/** SubjectPublicKeyInfo of an uncompressed point of P-256 (RFC 5480 §2), up to its coordinates. */
const p256Prefix = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const p256Bytes = 91;

function isPlainP256(publicKey: Uint8Array): boolean {
  if (publicKey.length !== p256Bytes || p256Prefix === null) return false;
  return equalBytes(publicKey.subarray(0, p256Prefix.length), p256Prefix);
}

function rsaRefusal(object: KeyObject): Refusal | null {
  const { modulusLength = 0, publicExponent = 0n } = object.asymmetricKeyDetails ?? {};
  const { rsaMinBits, rsaMaxBits } = limits;
  if (modulusLength < rsaMinBits) {
    return { code: 'weakKey', detail: `RSA with ${modulusLength} bits, at least ${rsaMinBits}` };
  }
  if (modulusLength > rsaMaxBits) {
    return { code: 'tooLarge', detail: `RSA with ${modulusLength} bits, at most ${rsaMaxBits}` };
  }
  // FIPS 186-5 §A.1.1: odd, 2^16 < e < 2^256.
  if (publicExponent % 2n === 0n || publicExponent <= 65536n || publicExponent >= 2n ** 256n) {
    const detail = `RSA exponent ${publicExponent}, at least 65537, odd and below 2^256`;
    return { code: 'weakKey', detail };
  }
  const { n = '' } = object.export({ format: 'jwk' });
  const weakness = weakModulus(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`));
  return weakness === null ? null : { code: 'weakKey', detail: `RSA: ${weakness}` };
}

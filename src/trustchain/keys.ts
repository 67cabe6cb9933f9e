import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { concatBytes, toHex } from '../base/bytes.ts';
import { type Digest, digestToBytes, sha256 } from '../base/digest.ts';
import { toPem } from './pem.ts';

/** Where chance comes from: the machine's for real, a seeded stream in virtual time. */
export type ByteSource = (sizeBytes: number) => Uint8Array;

/** `p256`: ECDSA with SHA-256 (RFC 5758 §3.2), signatures in DER. `ed25519`: RFC 8410. */
export const keyAlgorithms = ['p256', 'ed25519'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

/** A key this authority signs with, or one of its requesters'. */
export interface SigningKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** RFC 6962 §3.2 issuer_key_hash: SHA-256 of {@link publicKey}. */
  readonly keyHash: Digest;
  sign(bytes: Uint8Array): Uint8Array;
  /** PKCS #8 DER, in the clear: `sealed-key.ts` seals it. */
  toPkcs8(): Uint8Array;
}

/** Order of the group of P-256 (FIPS 186-5): private keys lie in 1 … order − 1. */
const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** The scalar that `seed` stands for: candidates by hashing, the first in range is taken. */
function scalarOf(seed: Uint8Array): Uint8Array {
  for (let attempt = 0; ; attempt++) {
    const candidate = digestToBytes(
      'hypermesh/p256Key',
      concatBytes(seed, new Uint8Array([attempt])),
    );
    const value = BigInt(`0x${toHex(candidate)}`);
    if (value > 0n && value < order) return candidate;
  }
}

function p256FromSeed(seed: Uint8Array): KeyObject {
  const scalar = scalarOf(seed);
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: base64url(scalar),
    x: base64url(point.subarray(1, 33)),
    y: base64url(point.subarray(33, 65)),
  };
  return createPrivateKey({ format: 'jwk', key: jwk });
}

/** RFC 8410 §7: what stands in front of the 32 bytes of an Ed25519 private key in PKCS #8. */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key whose secret is `seed` (32 bytes of chance): the same key for the same seed. */
export function signingKeyFromSeed(seed: Uint8Array, algorithm: KeyAlgorithm = 'p256'): SigningKey {
  if (algorithm === 'p256') return signingKey(p256FromSeed(seed), algorithm);
  const der = Buffer.from(concatBytes(ed25519Prefix, seed));
  return signingKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), algorithm);
}

export function generateSigningKey(
  chance: ByteSource,
  algorithm: KeyAlgorithm = 'p256',
): SigningKey {
  return signingKeyFromSeed(chance(32), algorithm);
}

/** Signs with a private key of one of the two kinds. */
export function signingKey(key: KeyObject, algorithm: KeyAlgorithm): SigningKey {
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  const hash = hashOf(algorithm);
  return {
    algorithm,
    publicKey,
    keyHash: toHex(sha256(publicKey)),
    // The bare key: node's default is DER, and reading options costs half a signature.
    sign: (bytes) => new Uint8Array(sign(hash, bytes, key)),
    toPkcs8: () => new Uint8Array(key.export({ format: 'der', type: 'pkcs8' })),
  };
}

/** What node's `sign` and `verify` want to hear of: Ed25519 hashes by itself. */
function hashOf(algorithm: KeyAlgorithm): string | null {
  return algorithm === 'p256' ? 'sha256' : null;
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** Which of the two kinds a key is; null when neither. */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm | null {
  if (isP256(key)) return 'p256';
  return key.asymmetricKeyType === 'ed25519' ? 'ed25519' : null;
}

/**
 * The key object of a SubjectPublicKeyInfo; null when its bytes are no key. By way of PEM, whose
 * label says what it is: of bare DER the library tries what it might be, and node asks of its
 * options what they are, which together take as long as the first signature checked with the key.
 */
export function importPublicKey(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey(toPem('PUBLIC KEY', spki));
  } catch {
    return null; // node reports every unreadable key by throwing
  }
}

/** Checks a signature of a {@link SigningKey} by the SubjectPublicKeyInfo of its key. */
export function verifySignature(
  spki: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = importPublicKey(spki);
  const algorithm = key === null ? null : keyAlgorithmOf(key);
  if (key === null || algorithm === null) return false;
  return verifyWith(key, hashOf(algorithm), bytes, signature);
}

/** As node's `verify`, but false where the signature's shape makes that throw. */
export function verifyWith(
  key: KeyObject,
  hash: string | null,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verify(hash, bytes, key, signature);
  } catch {
    return false; // a signature no algorithm of this key could have made
  }
}

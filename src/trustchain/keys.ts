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

/** Where chance comes from: the machine's for real, a seeded stream in virtual time. */
export type ByteSource = (sizeBytes: number) => Uint8Array;

/** A P-256 key that signs with ECDSA and SHA-256 (RFC 5758 §3.2), signatures in DER. */
export interface SigningKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** RFC 6962 §3.2 issuer_key_hash: SHA-256 of {@link publicKey}. */
  readonly keyHash: Digest;
  sign(bytes: Uint8Array): Uint8Array;
  /** PKCS #8 PEM, encrypted with AES-256 under `passphrase` if there is one. */
  toPem(passphrase?: string): string;
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

/** The key whose secret is `seed` (32 bytes of chance): the same key for the same seed. */
export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
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
  return signingKey(createPrivateKey({ format: 'jwk', key: jwk }));
}

export function generateSigningKey(chance: ByteSource): SigningKey {
  return signingKeyFromSeed(chance(32));
}

/** The key of a PKCS #8 PEM; null when it is none, not P-256, or the passphrase is wrong. */
export function signingKeyFromPem(pem: string, passphrase?: string): SigningKey | null {
  try {
    const key = createPrivateKey(
      passphrase === undefined ? pem : { key: pem, format: 'pem', passphrase },
    );
    return isP256(key) ? signingKey(key) : null;
  } catch {
    return null; // node reports every unreadable key by throwing
  }
}

function signingKey(key: KeyObject): SigningKey {
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  return {
    publicKey,
    keyHash: toHex(sha256(publicKey)),
    sign: (bytes) => new Uint8Array(sign('sha256', bytes, { key, dsaEncoding: 'der' })),
    toPem: (passphrase) => {
      const format = { format: 'pem', type: 'pkcs8' } as const;
      const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
      return key.export({ ...format, ...cipher }).toString();
    },
  };
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** The key object of a SubjectPublicKeyInfo; null when its bytes are no key. */
export function importPublicKey(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return null; // node reports every unreadable key by throwing
  }
}

/** Checks an ECDSA signature (P-256, SHA-256, DER) by the key of a SubjectPublicKeyInfo. */
export function verifyEcdsa(spki: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = importPublicKey(spki);
  return key !== null && isP256(key) && verifyWith(key, 'sha256', bytes, signature);
}

/** As node's `verify`, but false where the signature's shape makes that throw. */
export function verifyWith(
  key: KeyObject,
  hash: string | null,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verify(hash, bytes, { key, dsaEncoding: 'der' }, signature);
  } catch {
    return false; // a signature no algorithm of this key could have made
  }
}

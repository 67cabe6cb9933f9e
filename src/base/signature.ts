import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { concatBytes } from './bytes.ts';
import { mayBeSigned } from './ed25519-points.ts';

/** Signs for one key. Deterministic, so a signature is a pure function of key and bytes. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

/**
 * A signature scheme as the protocol sees it. `ed25519` is real; the simulator may bring an ideal
 * one (unforgeable by construction) for volume.
 */
export interface SignatureScheme {
  readonly name: 'ed25519' | 'ideal';
  /** The signer whose secret is `seed` (32 bytes). */
  signer(seed: Uint8Array): Signer;
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
}

export const publicKeyBytes = 32;
/** Bound on any scheme's signatures (Ed25519: 64). */
export const maxSignatureBytes = 64;

// RFC 8410: the fixed DER in front of a raw Ed25519 private key (PKCS #8) and public key (SPKI).
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const maxCachedKeys = 4096;
const publicKeys = new Map<string, KeyObject | null>();

function importPublicKey(raw: Uint8Array): KeyObject | null {
  const id = Buffer.from(raw).toString('latin1');
  const cached = publicKeys.get(id);
  if (cached !== undefined) return cached;
  let key: KeyObject | null = null;
  try {
    const der = Buffer.from(concatBytes(spkiPrefix, raw));
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    key = null; // not a point on the curve: nothing verifies under it
  }
  if (publicKeys.size >= maxCachedKeys) publicKeys.clear();
  publicKeys.set(id, key);
  return key;
}

/** What computes Ed25519 once {@link mayBeSigned} lets it; all of them judge alike then. */
export type Ed25519Engine = Pick<SignatureScheme, 'signer' | 'verify'>;

/** Ed25519 by node:crypto. */
export const openSslEngine: Ed25519Engine = {
  signer(seed) {
    const key = createPrivateKey({
      key: Buffer.from(concatBytes(pkcs8Prefix, seed)),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    const publicKey = new Uint8Array(spki.subarray(spkiPrefix.length));
    return { publicKey, sign: (bytes) => new Uint8Array(sign(null, bytes, key)) };
  },
  verify(publicKey, bytes, signature) {
    const key = importPublicKey(publicKey);
    return key !== null && verify(null, bytes, key, signature);
  },
};

let engine = openSslEngine;

/** From now on `faster` computes in this process. Changes no signature and no judgement. */
export function useEd25519Engine(faster: Ed25519Engine): void {
  engine = faster;
}

/** Ed25519 (RFC 8032), strict about points: see `ed25519-points.ts`. */
export const ed25519: SignatureScheme = {
  name: 'ed25519',
  signer: (seed) => engine.signer(seed),
  verify(publicKey, bytes, signature) {
    if (publicKey.length !== publicKeyBytes || signature.length !== 64) return false;
    return mayBeSigned(publicKey, signature) && engine.verify(publicKey, bytes, signature);
  },
};

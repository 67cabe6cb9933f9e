import { privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { assert } from '../base/assert.ts';
import { concatBytes } from '../base/bytes.ts';
import { ed25519, publicKeyBytes } from '../base/signature.ts';

/** Bytes of the secret an Ed25519 key pair grows from (RFC 8032 §5.1.5). */
export const seedBytes = 32;

/**
 * The libp2p key of a replica or client: the same Ed25519 key that signs its messages, so that a
 * link is proved to belong to a validator by the validator set alone.
 */
export function privateKeyFromSeed(seed: Uint8Array): PrivateKey {
  assert(seed.length === seedBytes, `a seed has ${seedBytes} bytes, this one ${seed.length}`);
  return privateKeyFromRaw(concatBytes(seed, ed25519.signer(seed).publicKey));
}

/** The libp2p peer id (base58, `12D3Koo…`) of an Ed25519 public key of 32 bytes. */
export function peerIdOf(publicKey: Uint8Array): string {
  return peerIdObjectOf(publicKey).toString();
}

export function peerIdObjectOf(publicKey: Uint8Array): PeerId {
  assert(publicKey.length === publicKeyBytes, `a public key has ${publicKeyBytes} bytes`);
  return peerIdFromPublicKey(publicKeyFromRaw(publicKey));
}

import { createRequire } from 'node:module';
import type * as Sodium from 'sodium-native';
import { type Ed25519Engine, useEd25519Engine } from '../base/signature.ts';

const secretKeyBytes = 64;

/** libsodium, or null where there is no build of it for this machine. */
function loadSodium(): typeof Sodium | null {
  try {
    return createRequire(import.meta.url)('sodium-native') as typeof Sodium;
  } catch {
    return null;
  }
}

function engineOf(sodium: typeof Sodium): Ed25519Engine {
  return {
    signer(seed) {
      const publicKey = new Uint8Array(32);
      const secretKey = new Uint8Array(secretKeyBytes);
      sodium.crypto_sign_seed_keypair(bufferOf(publicKey), bufferOf(secretKey), bufferOf(seed));
      return {
        publicKey,
        sign(bytes) {
          const signature = new Uint8Array(64);
          sodium.crypto_sign_detached(bufferOf(signature), bufferOf(bytes), bufferOf(secretKey));
          return signature;
        },
      };
    },
    verify: (publicKey, bytes, signature) =>
      sodium.crypto_sign_verify_detached(bufferOf(signature), bufferOf(bytes), bufferOf(publicKey)),
  };
}

/** The same bytes as its types want them; they are read as any bytes. */
function bufferOf(bytes: Uint8Array): Buffer {
  return bytes as Buffer;
}

/** Null where it cannot be loaded. */
export const sodium: typeof Sodium | null = loadSodium();
/** Ed25519 in half the time of node:crypto; null where libsodium cannot be loaded. */
export const sodiumEngine: Ed25519Engine | null = sodium === null ? null : engineOf(sodium);

/** For the first lines of a process or thread that signs or checks much. */
export function useSodium(): void {
  if (sodiumEngine !== null) useEd25519Engine(sodiumEngine);
}

import { pureJsCrypto } from '@chainsafe/libp2p-noise';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseCrypto } from '../../src/runtime/noise-crypto.ts';

const own = noiseCrypto ?? pureJsCrypto;
const bytes = (sizeBytes: number) => fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes });
const nonce = bytes(12);
const key = bytes(32);
const text = fc.uint8Array({ maxLength: 3000 });
const ad = fc.uint8Array({ maxLength: 40 });

describe("Noise's cryptography by libsodium", () => {
  it('is here to be compared', () => {
    expect(noiseCrypto).toBeDefined();
  });

  it('seals what any other implementation opens, and opens what it sealed', () => {
    const check = (plain: Uint8Array, n: Uint8Array, extra: Uint8Array, k: Uint8Array) => {
      const sealed = own.chaCha20Poly1305Encrypt(plain, n, extra, k).subarray();
      const theirs = pureJsCrypto.chaCha20Poly1305Encrypt(plain, n, extra, k).subarray();
      expect([...sealed]).toEqual([...theirs]);
      const opened = own.chaCha20Poly1305Decrypt(theirs, n, extra, k).subarray();
      expect([...opened]).toEqual([...plain]);
    };
    fc.assert(fc.property(text, nonce, ad, key, check), { numRuns: 30 });
  });

  it('opens nothing that was changed on the way, nor what is too short to have a tag', () => {
    const check = (n: Uint8Array, k: Uint8Array, at: number) => {
      const sealed = own.chaCha20Poly1305Encrypt(new Uint8Array(20), n, new Uint8Array(), k);
      const changed = Uint8Array.from(sealed.subarray());
      changed[at] = (changed[at] as number) ^ 1;
      const open = (what: Uint8Array) => () =>
        own.chaCha20Poly1305Decrypt(what, n, new Uint8Array(), k);
      expect(open(changed)).toThrow();
      expect(open(changed.subarray(0, 15))).toThrow();
    };
    fc.assert(fc.property(nonce, key, fc.nat(35), check), { numRuns: 40 });
  });

  it('agrees on a shared key with any other implementation', () => {
    const check = (seed: Uint8Array) => {
      const mine = own.generateX25519KeyPairFromSeed(seed);
      const theirs = pureJsCrypto.generateX25519KeyPair();
      expect([...mine.publicKey]).toEqual([
        ...pureJsCrypto.generateX25519KeyPairFromSeed(seed).publicKey,
      ]);
      const here = own.generateX25519SharedKey(mine.privateKey, theirs.publicKey);
      const there = pureJsCrypto.generateX25519SharedKey(theirs.privateKey, mine.publicKey);
      expect([...here]).toEqual([...there]);
    };
    fc.assert(fc.property(key, check), { numRuns: 10 });
    const fresh = own.generateX25519KeyPair();
    expect(fresh.publicKey).toHaveLength(32);
    expect([...fresh.privateKey]).not.toEqual([...own.generateX25519KeyPair().privateKey]);
  });

  it('makes no key with a point of small order', () => {
    const { privateKey } = own.generateX25519KeyPair();
    expect(() => own.generateX25519SharedKey(privateKey, new Uint8Array(32))).toThrow();
  });
});

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasSmallOrder, isCanonicalPoint, mayBeSigned } from '../../src/base/ed25519-points.ts';
import { openSslEngine } from '../../src/base/signature.ts';
import { sodiumEngine } from '../../src/runtime/sodium-engine.ts';
import { add, base, decode, encode, multiply, order, prime, toBytes, torsion } from './edwards.ts';

const engines = { openssl: openSslEngine, sodium: sodiumEngine ?? openSslEngine };

/** What each engine says, once the points are such that it is asked. */
function verdicts(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) {
  const asked = mayBeSigned(publicKey, signature);
  return {
    openssl: asked && engines.openssl.verify(publicKey, bytes, signature),
    sodium: asked && engines.sodium.verify(publicKey, bytes, signature),
  };
}

const both = (verdict: boolean) => ({ openssl: verdict, sodium: verdict });

interface Forged {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** Signs with a key and a nonce that carry a point of small order each. */
function sign(bytes: Uint8Array, keyTorsion: number, nonceTorsion: number, s = 0n): Forged {
  const [secret, nonce] = [123_456_789n, 987_654_321n];
  const publicKey = encode(add(multiply(base, secret), multiply(torsion, BigInt(keyTorsion))));
  const r = encode(add(multiply(base, nonce), multiply(torsion, BigInt(nonceTorsion))));
  return { publicKey, signature: close(r, publicKey, bytes, nonce, secret, s) };
}

/** R ‖ S with S = nonce + H(R ‖ A ‖ bytes) · secret + `s`. */
function close(
  r: Uint8Array,
  publicKey: Uint8Array,
  bytes: Uint8Array,
  nonce: bigint,
  secret: bigint,
  s = 0n,
): Uint8Array {
  const hash = createHash('sha512').update(r).update(publicKey).update(bytes).digest();
  const h = BigInt(`0x${Buffer.from(hash).reverse().toString('hex')}`) % order;
  return Buffer.concat([r, toBytes(((nonce + h * secret) % order) + s)]);
}

const message = (i: number) => new TextEncoder().encode(`message ${i}`);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('libsodium and node:crypto', () => {
  it('are both here to be compared', () => {
    expect(sodiumEngine).not.toBeNull();
  });

  it('make the same keys and signatures, and accept them', () => {
    const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const check = (seed: Uint8Array, bytes: Uint8Array) => {
      const [a, b] = [engines.openssl.signer(seed), engines.sodium.signer(seed)];
      expect(Buffer.compare(a.publicKey, b.publicKey)).toBe(0);
      expect(Buffer.compare(a.sign(bytes), b.sign(bytes))).toBe(0);
      expect(verdicts(a.publicKey, bytes, b.sign(bytes))).toEqual(both(true));
    };
    fc.assert(fc.property(seeds, fc.uint8Array({ maxLength: 5000 }), check), { numRuns: 40 });
  });

  it('refuse whatever bit of key, message or signature is turned', () => {
    const signer = engines.openssl.signer(new Uint8Array(32).fill(3));
    const bytes = message(0);
    const parts = [signer.publicKey, bytes, signer.sign(bytes)] as const;
    const bits = fc.tuple(fc.nat(2), fc.nat(), fc.nat(7));
    const check = ([part, at, bit]: readonly [number, number, number]) => {
      const turned = parts.map((each) => Uint8Array.from(each));
      const bytesOfPart = turned[part] as Uint8Array;
      const index = at % bytesOfPart.length;
      bytesOfPart[index] = (bytesOfPart[index] as number) ^ (1 << bit);
      const [publicKey, changed, signature] = turned as [Uint8Array, Uint8Array, Uint8Array];
      expect(verdicts(publicKey, changed, signature)).toEqual(both(false));
    };
    fc.assert(fc.property(bits, check), { numRuns: 300 });
  });

  it('refuse S written above the order of the group', () => {
    const { publicKey, signature } = sign(message(0), 0, 0);
    expect(verdicts(publicKey, message(0), signature)).toEqual(both(true));
    const malleable = sign(message(0), 0, 0, order);
    expect(verdicts(malleable.publicKey, message(0), malleable.signature)).toEqual(both(false));
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('judge alike a nonce with %i times a point of order 8', (t) => {
    const { publicKey, signature } = sign(message(0), 0, t);
    // Who multiplies by the cofactor would accept it.
    expect(verdicts(publicKey, message(0), signature)).toEqual(both(false));
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('judge alike keys with %i times a point of order 8', (t) => {
    const seen = new Set<boolean>();
    for (const i of numbers(40)) {
      const { publicKey, signature } = sign(message(i), t, 0);
      const { openssl, sodium } = verdicts(publicKey, message(i), signature);
      expect(sodium).toBe(openssl);
      seen.add(openssl);
    }
    // The hash decides whether the torsion vanishes: both happen.
    expect(seen).toEqual(new Set([true, false]));
  });
});

describe('points of small order', () => {
  const points = numbers(8).map((i) => encode(multiply(torsion, BigInt(i))));

  it('are refused as keys and as nonces, however they are written', () => {
    for (const point of points) {
      const y = decode(point);
      for (const written of [y, y + prime].filter((each) => each < 2n ** 255n)) {
        for (const sign of [0, 0x80]) {
          const bytes = toBytes(written);
          bytes[31] = (bytes[31] as number) | sign;
          expect(hasSmallOrder(bytes)).toBe(true);
          const rest = Buffer.concat([bytes, new Uint8Array(32)]);
          expect(mayBeSigned(bytes, new Uint8Array(64).fill(7))).toBe(false);
          expect(mayBeSigned(encode(base), rest)).toBe(false);
        }
      }
    }
  });

  it('are no others', () => {
    for (const i of numbers(50)) {
      expect(hasSmallOrder(encode(multiply(base, BigInt(i + 1))))).toBe(false);
    }
  });
});

it('takes a point only as it is written below the prime', () => {
  expect(isCanonicalPoint(toBytes(prime - 1n))).toBe(true);
  for (const above of [0n, 1n, 3n, 18n]) {
    expect(isCanonicalPoint(toBytes(prime + above))).toBe(false);
    const negative = toBytes(prime + above);
    negative[31] = (negative[31] as number) | 0x80;
    expect(isCanonicalPoint(negative)).toBe(false);
  }
  expect(isCanonicalPoint(encode(base))).toBe(true);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { Random } from '../../src/base/random.ts';
import { ed25519, maxSignatureBytes, publicKeyBytes } from '../../src/base/signature.ts';

const seedOf = (number: number) => new Random(`key ${number}`).bytes(32);

test.each([idealScheme, ed25519])('$name keys and signatures fit the protocol', (scheme) => {
  const signer = scheme.signer(seedOf(1));
  expect(signer.publicKey).toHaveLength(publicKeyBytes);
  expect(signer.sign(new Uint8Array(9)).length).toBeLessThanOrEqual(maxSignatureBytes);
});

test.each([idealScheme, ed25519])(
  '$name verifies what was signed and nothing that differs in one bit',
  (scheme) => {
    const signer = scheme.signer(seedOf(1));
    const other = scheme.signer(seedOf(2));
    const bytes = new Random(3).bytes(67);
    const signature = signer.sign(bytes);
    expect(scheme.verify(signer.publicKey, bytes, signature)).toBe(true);
    expect(scheme.verify(other.publicKey, bytes, signature)).toBe(false);
    expect(scheme.verify(signer.publicKey, bytes.subarray(1), signature)).toBe(false);
    expect(scheme.verify(signer.publicKey, bytes, signature.subarray(1))).toBe(false);
    for (const target of [bytes, signature]) {
      for (let bit = 0; bit < target.length * 8; bit++) {
        const at = bit >> 3;
        target[at] = (target[at] as number) ^ (1 << (bit & 7));
        expect(scheme.verify(signer.publicKey, bytes, signature)).toBe(false);
        target[at] = (target[at] as number) ^ (1 << (bit & 7));
      }
    }
  },
);

test('an ideal signature is a function of seed and bytes', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const sign = () => idealScheme.signer(seedOf(1)).sign(bytes);
  expect(sign()).toEqual(sign());
});

test('ideal signatures of different bytes differ, whatever their length', () => {
  const signer = idealScheme.signer(seedOf(1));
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      fc.pre(Buffer.compare(a, b) !== 0);
      expect(signer.sign(a)).not.toEqual(signer.sign(b));
    }),
    { seed: 1, numRuns: 2000 },
  );
});

import { checkPrimeSync, generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { weakModulus } from '../../src/trustchain/weak-rsa.ts';

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });

function nextPrime(after: bigint): bigint {
  let next = after + 2n;
  while (!checkPrimeSync(next)) next += 2n;
  return next;
}

/** A prime as the broken library made them: k · M + (65537^a mod M), M the product of primes. */
function rocaPrime(bits: number, random: Random): bigint {
  let product = 1n;
  const isPrime = (n: number) => ![...Array(n - 2).keys()].some((i) => n % (i + 2) === 0);
  for (let n = 2; n <= 167; n++) if (isPrime(n)) product *= BigInt(n);
  let power = 1n;
  for (let a = 0; a < 1000 + random.below(1000); a++) power = (power * 65537n) % product;
  const factors = 2n ** BigInt(bits - 1) / product;
  for (let k = factors; ; k += 1n) {
    const candidate = k * product + power;
    if (checkPrimeSync(candidate)) return candidate;
  }
}

test('Of the moduli that OpenSSL makes there is nothing to say', () => {
  for (let i = 0; i < 3; i++) {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const n = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
    expect(weakModulus(BigInt(`0x${n.toString('hex')}`))).toBeNull();
  }
});

test('An even modulus and one with a small factor are weak', () => {
  const large = prime(1024);
  expect(weakModulus(large * 2n)).toContain('even');
  expect(weakModulus(large * 751n)).toContain('divisible by 751');
  expect(weakModulus(large * 3n)).toContain('divisible by 3');
});

test('A modulus of two close primes, or of one prime twice, is weak', () => {
  const first = prime(1024);
  expect(weakModulus(first * nextPrime(first))).toContain('close to each other');
  expect(weakModulus(first * first)).toContain('close to each other');
});

test('A modulus with the fingerprint of ROCA is weak', () => {
  const random = new Random('roca');
  const modulus = rocaPrime(1024, random) * rocaPrime(1023, random);
  expect(weakModulus(modulus)).toContain('ROCA');
});

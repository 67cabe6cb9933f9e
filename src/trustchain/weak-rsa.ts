/**
 * Moduli whose owner is not the only one who can factor them, as CA/B BR §6.1.1.3 wants them
 * refused: with a small factor, with two factors close to each other (Fermat's method), or made by
 * the library of CVE-2017-15361 (ROCA: Nemec et al., "The Return of Coppersmith's Attack", 2017).
 */

/** Odd primes below 752: what a generator that checked anything at all has ruled out. */
const smallPrimes: readonly bigint[] = primesBelow(752).map(BigInt);

function primesBelow(end: number): number[] {
  const found: number[] = [];
  for (let n = 3; n < end; n += 2) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/**
 * Residues a modulus of the broken library has: powers of 65537, for each prime up to 167. By
 * chance a modulus has them all once in some 2^27 times.
 */
const rocaResidues: ReadonlyMap<bigint, ReadonlySet<bigint>> = new Map(
  smallPrimes.filter((prime) => prime <= 167n).map((prime) => [prime, powersOf(65537n, prime)]),
);

function powersOf(base: bigint, prime: bigint): ReadonlySet<bigint> {
  const powers = new Set<bigint>();
  for (let power = 1n; !powers.has(power); power = (power * base) % prime) powers.add(power);
  return powers;
}

/** As many as BR §6.1.1.3 (4) asks for. */
const fermatRounds = 100;

/** What is wrong with an RSA modulus; null when nothing is known to be. */
export function weakModulus(modulus: bigint): string | null {
  if (modulus % 2n === 0n) return 'the modulus is even';
  const factor = smallPrimes.find((prime) => modulus % prime === 0n);
  if (factor !== undefined) return `the modulus is divisible by ${factor}`;
  const isRoca = [...rocaResidues].every(([prime, residues]) => residues.has(modulus % prime));
  if (isRoca) return 'the modulus has the fingerprint of CVE-2017-15361 (ROCA)';
  return hasCloseFactors(modulus) ? 'the factors of the modulus are close to each other' : null;
}

/** Fermat: n = a² − b² with a near the root of n, when n's factors are near each other. */
function hasCloseFactors(modulus: bigint): boolean {
  let a = squareRoot(modulus);
  if (a * a < modulus) a += 1n;
  for (let round = 0; round < fermatRounds; round++, a += 1n) {
    if (isSquare(a * a - modulus)) return true;
  }
  return false;
}

function isSquare(value: bigint): boolean {
  // Squares have twelve endings of 64: most others are told by that.
  const ending = Number(value & 63n);
  if (![0, 1, 4, 9, 16, 17, 25, 33, 36, 41, 49, 57].includes(ending)) return false;
  const root = squareRoot(value);
  return root * root === value;
}

/** The largest integer whose square is not above `value` (Newton's method). */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(16).length * 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * What: the requester spent computation on this very request.
 *
 * Proves: some 2^bits hashes were tried, on average, after the request, its beacon and all its
 * names were fixed (hashcash: Back, "Hashcash - A Denial of Service Counter-Measure", 2002).
 *
 * Does not prove: Sybil resistance (a GPU tries a thousand times more a second than a core, and
 * scrypt with 4 MiB narrows that gap without closing it); that the requester itself did the work;
 * that any single request took long, for luck is geometric.
 */
import { assert } from '../base/assert.ts';
import { Writer } from '../base/codec.ts';
import { scrypt, sha256 } from '../base/digest.ts';
import { limits } from './limits.ts';
import type { ProofReport, WorkFunction } from './request.ts';

/** A nonce that makes the hash of the request's context rare. */
export interface WorkProof {
  /** Non-negative safe integer. */
  readonly nonce: number;
}

/** Leading zero bits of `hash`. */
export function leadingZeroBits(hash: Uint8Array): number {
  let bits = 0;
  for (const byte of hash) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/**
 * One scrypt with the parameters of `base/digest.ts` takes as long as some 2^12 hashes (measured:
 * 11 ms to 2.1 µs), so a target in bits asks for about the same time by either function.
 */
export const scryptWorthBits = 12;

/**
 * How much work `nonce` (eight big-endian bytes) stands for: the leading zero bits of
 * SHA-256(context ‖ nonce), or of scrypt(password: context, salt: nonce) and what one scrypt is
 * worth.
 */
export function workBits(
  context: Uint8Array,
  nonce: number,
  workFunction: WorkFunction = 'sha256',
): number {
  if (workFunction === 'scrypt') {
    const salt = new Uint8Array(8);
    writeNonce(salt, 0, nonce);
    return leadingZeroBits(scrypt(context, salt)) + scryptWorthBits;
  }
  return leadingZeroBits(new Writer().fixed(context).u53(nonce).toHash());
}

function writeNonce(out: Uint8Array, at: number, nonce: number): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(at, Math.floor(nonce / 2 ** 32));
  view.setUint32(at + 4, nonce >>> 0);
}

/** Nonces tried in some ten milliseconds: what a solver does before it looks up. */
export function noncesPerSlice(workFunction: WorkFunction): number {
  return workFunction === 'scrypt' ? 1 : 4096;
}

/** Searches in slices, so that a worker can be cancelled and a simulator can charge the time. */
export class WorkSolver {
  private readonly context: Uint8Array;
  private readonly bits: number;
  private readonly workFunction: WorkFunction;
  private nonce: number;

  constructor(
    context: Uint8Array,
    bits: number,
    startNonce = 0,
    workFunction: WorkFunction = 'sha256',
  ) {
    assert(Number.isInteger(bits) && bits >= 0 && bits <= limits.workBits, `${bits} bits of work`);
    assert(Number.isSafeInteger(startNonce) && startNonce >= 0, `start nonce ${startNonce}`);
    this.context = context;
    this.bits = bits;
    this.workFunction = workFunction;
    this.nonce = startNonce;
  }

  /** Tries at most `maxNonces` more; null while none of them did. */
  step(maxNonces: number): WorkProof | null {
    const { context, workFunction } = this;
    if (workFunction === 'scrypt') return this.search(maxNonces, scryptBitsOf(context));
    const input = new Uint8Array(context.length + 8);
    input.set(context);
    return this.search(maxNonces, (nonce) => {
      writeNonce(input, context.length, nonce);
      return leadingZeroBits(sha256(input));
    });
  }

  private search(maxNonces: number, bitsOf: (nonce: number) => number): WorkProof | null {
    for (let tried = 0; tried < maxNonces; tried++) {
      const nonce = this.nonce++;
      if (bitsOf(nonce) >= this.bits) return { nonce };
    }
    return null;
  }
}

function scryptBitsOf(context: Uint8Array): (nonce: number) => number {
  return (nonce) => workBits(context, nonce, 'scrypt');
}

/** Searches to the end: about 2^bits hashes of two microseconds each. */
export function makeWork(
  context: Uint8Array,
  bits: number,
  startNonce = 0,
  workFunction: WorkFunction = 'sha256',
): WorkProof {
  const solver = new WorkSolver(context, bits, startNonce, workFunction);
  for (;;) {
    const proof = solver.step(noncesPerSlice(workFunction));
    if (proof !== null) return proof;
  }
}

/** What the check of one proof of work found; `bits` is the measure as a number. */
export interface WorkReport extends ProofReport {
  readonly bits: number;
}

/** One hash, or one scrypt. */
export function checkWork(
  proof: WorkProof,
  context: Uint8Array,
  minimumComputeBits: number,
  workFunction: WorkFunction = 'sha256',
): WorkReport {
  return reportWork(workBits(context, proof.nonce, workFunction), minimumComputeBits);
}

/** The report on work of `bits`, measured before. */
export function reportWork(bits: number, minimumComputeBits: number): WorkReport {
  const measure = { measured: `${bits} bits`, required: `${minimumComputeBits} bits` };
  const short = bits < minimumComputeBits;
  return {
    ...measure,
    bits,
    failures: short ? [{ proof: 'work', reason: 'not enough work', ...measure }] : [],
  };
}

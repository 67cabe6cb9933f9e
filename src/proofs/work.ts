/**
 * What: the requester spent computation on this very request.
 *
 * Proves: some 2^bits hashes were tried, on average, after the request, its beacon and all its
 * names were fixed (hashcash: Back, "Hashcash - A Denial of Service Counter-Measure", 2002).
 *
 * Does not prove: Sybil resistance (a GPU tries a thousand times more a second than a core); that
 * the requester itself did the work; that any single request took long, for luck is geometric.
 */
import { assert } from '../base/assert.ts';
import { sha256 } from '../base/digest.ts';
import { limits } from './limits.ts';
import type { ProofReport } from './request.ts';

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

/** Leading zero bits of SHA-256(context ‖ nonce), the nonce as eight big-endian bytes. */
export function workBits(context: Uint8Array, nonce: number): number {
  const input = new Uint8Array(context.length + 8);
  input.set(context);
  writeNonce(input, context.length, nonce);
  return leadingZeroBits(sha256(input));
}

function writeNonce(out: Uint8Array, at: number, nonce: number): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(at, Math.floor(nonce / 2 ** 32));
  view.setUint32(at + 4, nonce >>> 0);
}

/** Searches in slices, so that a worker can be cancelled and a simulator can charge the time. */
export class WorkSolver {
  private readonly input: Uint8Array;
  private readonly contextBytes: number;
  private readonly bits: number;
  private nonce: number;

  constructor(context: Uint8Array, bits: number, startNonce = 0) {
    assert(Number.isInteger(bits) && bits >= 0 && bits <= limits.workBits, `${bits} bits of work`);
    assert(Number.isSafeInteger(startNonce) && startNonce >= 0, `start nonce ${startNonce}`);
    this.input = new Uint8Array(context.length + 8);
    this.input.set(context);
    this.contextBytes = context.length;
    this.bits = bits;
    this.nonce = startNonce;
  }

  /** Tries at most `maxHashes` more nonces; null while none of them did. */
  step(maxHashes: number): WorkProof | null {
    for (let tried = 0; tried < maxHashes; tried++) {
      const nonce = this.nonce++;
      writeNonce(this.input, this.contextBytes, nonce);
      if (leadingZeroBits(sha256(this.input)) >= this.bits) return { nonce };
    }
    return null;
  }
}

/** Searches to the end: about 2^bits hashes of a microsecond each. */
export function makeWork(context: Uint8Array, bits: number, startNonce = 0): WorkProof {
  const solver = new WorkSolver(context, bits, startNonce);
  for (;;) {
    const proof = solver.step(4096);
    if (proof !== null) return proof;
  }
}

/** One hash. */
export function checkWork(
  proof: WorkProof,
  context: Uint8Array,
  minimumComputeBits: number,
): ProofReport {
  const bits = workBits(context, proof.nonce);
  const measure = { measured: `${bits} bits`, required: `${minimumComputeBits} bits` };
  const short = bits < minimumComputeBits;
  return {
    ...measure,
    failures: short ? [{ proof: 'work', reason: 'not enough work', ...measure }] : [],
  };
}

import { availableParallelism } from 'node:os';
import { sha256 } from '../../base/digest.ts';
import { ed25519 } from '../../base/signature.ts';
import { batchOpenings } from '../../proofs/request-batch.ts';
import { requestOpenings } from '../../proofs/space.ts';
import { plotLabels } from './plan.ts';

/** What the machine can do at this very moment, by the CPU clock: others' work counts little. */
export interface Yardstick {
  readonly cores: number;
  /** One signature of a request checked, microseconds. */
  readonly verifyUs: number;
  /** SHA-256 of an inner node (65 bytes), microseconds. */
  readonly hashUs: number;
  /** Hashes that a replica owes a request: see {@link hashesPerRequest}. */
  readonly hashes: number;
  /** Requests that one signature stands for. */
  readonly requestBatch: number;
}

/** Long enough for the CPU clock, short enough to be no part of the wait. */
const minMeasureMs = 150;
const callsBetween = 50;

/**
 * Of the openings: a leaf each, and their paths to the root, which meet near the top (so many
 * positions drawn at random share some log2 of their number levels). Besides them: subject,
 * context, signed bytes, stake commitment, work, time nonce, request id and the leaf of the result.
 *
 * In a batch openings, context, signed bytes and the leaf of the result are for all its requests,
 * and so is the hash of the batch; each has a leaf and an inner node under the root instead.
 */
export function hashesPerRequest(requestBatch: number): number {
  if (requestBatch === 1) return hashesOfOpenings(requestOpenings) + 8;
  const shared = hashesOfOpenings(batchOpenings(requestBatch)) + 4;
  return Math.round((8 + shared / requestBatch) * 10) / 10;
}

function hashesOfOpenings(openings: number): number {
  const depth = Math.log2(plotLabels);
  const shared = Math.round(Math.log2(openings));
  const inner = openings * (depth - shared) + 2 ** shared - 1;
  return openings + inner;
}

export function measureYardstick(requestBatch: number): Yardstick {
  const signer = ed25519.signer(new Uint8Array(32).fill(7));
  const message = new Uint8Array(32).fill(1);
  const signature = signer.sign(message);
  const node = new Uint8Array(65).fill(2);
  return {
    cores: availableParallelism(),
    verifyUs: costUs(() => void ed25519.verify(signer.publicKey, message, signature)),
    hashUs: costUs(() => void sha256(node)),
    hashes: hashesPerRequest(requestBatch),
    requestBatch,
  };
}

/** Before and after the window: the machine may have been busier at one time than at the other. */
export function meanOf(a: Yardstick, b: Yardstick): Yardstick {
  const { cores, hashes, requestBatch } = a;
  const verifyUs = (a.verifyUs + b.verifyUs) / 2;
  return { cores, hashes, requestBatch, verifyUs, hashUs: (a.hashUs + b.hashUs) / 2 };
}

/**
 * Validations a second that `n` replicas on these cores could do if nothing cost anything but the
 * signature and the hashes that each of them owes each request.
 */
export function limitPerSecond(yardstick: Yardstick, n: number): number {
  const { cores, verifyUs, hashUs, hashes, requestBatch } = yardstick;
  return (cores * 1e6) / (n * (verifyUs / requestBatch + hashes * hashUs));
}

function costUs(call: () => void): number {
  for (let i = 0; i < 200; i++) call();
  let calls = 0;
  const from = process.cpuUsage();
  const spentUs = () => {
    const { user, system } = process.cpuUsage(from);
    return user + system;
  };
  while (spentUs() < minMeasureMs * 1000) {
    for (let i = 0; i < callsBetween; i++) call();
    calls += callsBetween;
  }
  return spentUs() / calls;
}

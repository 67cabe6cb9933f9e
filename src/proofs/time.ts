/**
 * When: the request is of now.
 *
 * Proves: it was made after its beacon became known (nobody foresees one) and, by its own word,
 * within the profile's offset of the time the replicas agreed on; and it is the only one of its
 * node with this sequence number.
 *
 * Does not prove: real time better than the clocks of f+1 replicas (agreed time is what the
 * primary proposed and the backups tolerated); that the requester's clock is right; that the other
 * proofs were made at that time, only that they were made after the beacon.
 */
import { equalBytes } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import type { Beacon, ProofFailure, ProofReport } from './request.ts';

/** When the request was made. */
export interface TimeProof {
  /** Milliseconds since 1970 by the requester's clock. */
  readonly timestamp: number;
  /** The newest beacon the requester knew: not made before it. */
  readonly beacon: Beacon;
  /** Counts the node's requests from 1; none is used twice. */
  readonly sequence: number;
  /** 16 bytes that bind timestamp and sequence to one request: see {@link timeNonce}. */
  readonly nonce: Uint8Array;
}

export const timeNonceBytes = 16;

/** First half of H(domain ‖ context ‖ timestamp ‖ sequence), 16 bytes. */
export function timeNonce(context: Uint8Array, timestamp: number, sequence: number): Uint8Array {
  const writer = Writer.hashing('hypermesh/time-nonce').fixed(context);
  return writer.u53(timestamp).u53(sequence).toHash().slice(0, timeNonceBytes);
}

export function makeTime(
  context: Uint8Array,
  timestamp: number,
  beacon: Beacon,
  sequence: number,
): TimeProof {
  return { timestamp, beacon, sequence, nonce: timeNonce(context, timestamp, sequence) };
}

/** What needs no state: timestamp and sequence were written for this request. */
export function checkTimeNonce(proof: TimeProof, context: Uint8Array): ProofFailure[] {
  const failures: ProofFailure[] = [];
  if (!equalBytes(proof.nonce, timeNonce(context, proof.timestamp, proof.sequence))) {
    failures.push(failure('made for another request', 'another nonce', "this request's nonce"));
  }
  if (proof.sequence < 1) failures.push(failure('no sequence', `${proof.sequence}`, '1 or more'));
  return failures;
}

/** What the ledger holds against the proof at execution. */
export interface AgreedTime {
  /** The batch's time, milliseconds since 1970. */
  readonly nowMs: number;
  readonly beacon: Beacon;
  readonly previousBeacon: Beacon;
}

export function checkTime(
  proof: TimeProof,
  agreed: AgreedTime,
  maxTimeOffsetMs: number,
): ProofReport {
  const offsetMs = proof.timestamp - agreed.nowMs;
  const measure = { measured: `${offsetMs} ms`, required: `within ${maxTimeOffsetMs} ms` };
  const failures: ProofFailure[] = [];
  if (Math.abs(offsetMs) > maxTimeOffsetMs) {
    const reason = offsetMs < 0 ? 'timestamp too old' : 'timestamp in the future';
    failures.push({ proof: 'time', reason, ...measure });
  }
  if (
    !sameBeacon(proof.beacon, agreed.beacon) &&
    !sameBeacon(proof.beacon, agreed.previousBeacon)
  ) {
    const required = `epoch ${agreed.previousBeacon.epoch} or ${agreed.beacon.epoch}`;
    const known = [agreed.beacon.epoch, agreed.previousBeacon.epoch].includes(proof.beacon.epoch);
    const reason = known ? 'not the beacon of its epoch' : 'beacon not current';
    failures.push(failure(reason, `epoch ${proof.beacon.epoch}`, required));
  }
  return { ...measure, failures };
}

function sameBeacon(a: Beacon, b: Beacon): boolean {
  return a.epoch === b.epoch && a.value === b.value;
}

function failure(reason: string, measured: string, required: string): ProofFailure {
  return { proof: 'time', reason, measured, required };
}

import { equalBytes } from '../base/bytes.ts';
import type { CheckEvidence } from '../ledger/standing.ts';
import { type Evidence, newestSequence } from '../pbft/evidence.ts';
import { rejectEvidence } from '../pbft/evidence-check.ts';
import { decodeEvidence } from '../pbft/evidence-codec.ts';
import type { Court } from '../pbft/replica.ts';

/**
 * Who judges evidence in an epoch: its own court, and that of the epoch before, if there was one.
 * What was found as an epoch ended is decided in the next; whoever still has its place answers.
 */
export type Courts = readonly [present: Court, before?: Court];

/** True when one of the courts convicts a replica that is a member, by the same key, now. */
export function convicts(evidence: Evidence, courts: Courts): boolean {
  const [present] = courts;
  const key = present.validators.publicKeys[evidence.accused];
  return courts.some((court) => {
    const keyThen = court?.validators.publicKeys[evidence.accused];
    if (court === undefined || key === undefined || keyThen === undefined) return false;
    return equalBytes(key, keyThen) && rejectEvidence(evidence, court) === null;
  });
}

/** The protocol's judgement for the ledger: bytes that convict a replica, or null. */
export function evidenceCourt(courts: Courts): CheckEvidence {
  return (bytes) => {
    const evidence = decodeEvidence(bytes);
    if (!evidence.ok || !convicts(evidence.value, courts)) return null;
    const { accused: replica, type } = evidence.value;
    return { replica, type, sequence: newestSequence(evidence.value) };
  };
}

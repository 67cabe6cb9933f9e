import type { CheckEvidence } from '../ledger/standing.ts';
import { newestSequence } from '../pbft/evidence.ts';
import { rejectEvidence } from '../pbft/evidence-check.ts';
import { decodeEvidence } from '../pbft/evidence-codec.ts';
import type { Court } from '../pbft/replica.ts';

/** The protocol's judgement for the ledger: bytes that convict a replica, or null. */
export function evidenceCourt(court: Court): CheckEvidence {
  return (bytes) => {
    const evidence = decodeEvidence(bytes);
    if (!evidence.ok || rejectEvidence(evidence.value, court) !== null) return null;
    const { accused: replica, type } = evidence.value;
    return { replica, type, sequence: newestSequence(evidence.value) };
  };
}

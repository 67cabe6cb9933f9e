import type { CheckEvidence } from '../ledger/standing.ts';
import { rejectEvidence } from '../pbft/evidence-check.ts';
import { decodeEvidence } from '../pbft/evidence-codec.ts';
import type { Court } from '../pbft/replica.ts';

/** The protocol's judgement for the ledger: bytes that convict a replica, or null. */
export function evidenceCourt(court: Court): CheckEvidence {
  return (bytes) => {
    const evidence = decodeEvidence(bytes);
    if (!evidence.ok || rejectEvidence(evidence.value, court) !== null) return null;
    return { replica: evidence.value.accused, type: evidence.value.type };
  };
}

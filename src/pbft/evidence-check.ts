import { equalBytes } from '../base/bytes.ts';
import { checkResultCertificate } from './certificates.ts';
import { type Evidence, isOutOfTurn } from './evidence.ts';
import type { Envelope, ReplicaIndex } from './messages.ts';
import { rejectNewView } from './new-view.ts';
import type { Reason } from './reason.ts';
import type { Court } from './replica.ts';
import { rejectViewChange } from './view-change.ts';

/** Why this evidence proves nothing against the accused, or null if it convicts. */
export function rejectEvidence(evidence: Evidence, court: Court): Reason | null {
  switch (evidence.type) {
    case 'conflictingPrePrepare':
    case 'conflictingPrepare':
    case 'conflictingCommit':
    case 'conflictingResult':
      return rejectConflict(evidence.accused, evidence.first, evidence.second, court);
    case 'divergentResult':
      return rejectDivergence(evidence, court);
    case 'outOfTurn':
      return (
        rejectSignature(evidence.accused, evidence.vote, court) ??
        (isOutOfTurn(evidence.vote, court.validators.publicKeys.length) ? null : 'in its turn')
      );
    case 'invalidViewChange':
      return (
        rejectSignature(evidence.accused, evidence.vote, court) ??
        (rejectViewChange(evidence.vote, court) === null ? 'the view change is valid' : null)
      );
    case 'invalidNewView':
      return (
        rejectSignature(evidence.accused, evidence.vote, court) ??
        (rejectNewView(evidence.vote, court) === null ? 'the new view is valid' : null)
      );
  }
}

function rejectSignature(
  accused: ReplicaIndex,
  { sender, payload, signature }: Envelope,
  { verify }: Court,
): Reason | null {
  if (sender !== accused) return `signed by replica ${sender}, not by the accused`;
  return verify(sender, payload, signature) ? null : 'the signature is forged';
}

type Slotted = Envelope<
  Extract<Envelope['statement'], { type: 'prePrepare' | 'prepare' | 'commit' | 'result' }>
>;

/** Two different statements of one type for one slot, both signed by the accused. */
function rejectConflict(
  accused: ReplicaIndex,
  first: Slotted,
  second: Slotted,
  court: Court,
): Reason | null {
  if (first.statement.type !== second.statement.type) return 'statements of different types';
  if (slotOf(first) !== slotOf(second)) return 'statements about different slots';
  if (equalBytes(first.payload, second.payload)) return 'the statements are the same';
  return rejectSignature(accused, first, court) ?? rejectSignature(accused, second, court);
}

/** A result belongs to no view: whatever views led to it, it is the same. */
function slotOf({ statement }: Slotted): string {
  const { sequence } = statement;
  return statement.type === 'result' ? `${sequence}` : `${statement.view}/${sequence}`;
}

function rejectDivergence(
  { accused, vote, certificate }: Extract<Evidence, { type: 'divergentResult' }>,
  court: Court,
): Reason | null {
  const certified = certificate.statement;
  const { sequence, resultsRoot, stateDigest, timestamp, epoch } = vote.statement;
  if (sequence !== certified.sequence) {
    return 'vote and certificate are about different sequences';
  }
  if (
    resultsRoot === certified.resultsRoot &&
    stateDigest === certified.stateDigest &&
    timestamp === certified.timestamp &&
    // Signatures are bound to an epoch: who signs in one and names another lies as well.
    epoch === certified.epoch
  ) {
    return 'vote and certificate agree';
  }
  return (
    rejectSignature(accused, vote, court) ??
    checkResultCertificate(certificate, court.validators, court.verify)
  );
}

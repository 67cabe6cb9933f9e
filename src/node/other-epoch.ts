import type { CheckpointCertificate, Statement } from '../pbft/messages.ts';
import type { Parameters } from '../pbft/replica.ts';
import type { ReplicaState } from '../pbft/state.ts';
import type { Seat } from '../runtime/seat.ts';

/**
 * True when a statement whose signature is none of this epoch may be one of another epoch's, which
 * nobody here can check: its sender is late, or this node is. What names a slot that is open here
 * can only be a forgery.
 */
export function mayBeOfOtherEpoch(statement: Statement, seat: Seat, state: ReplicaState): boolean {
  switch (statement.type) {
    case 'prePrepare':
    case 'prepare':
    case 'commit':
      return !isOpen(statement.sequence, seat, state);
    case 'result':
      return statement.epoch !== seat.epoch;
    case 'viewChange': {
      const { stable, prepared } = statement;
      if (stable !== null) return stable.statement.epoch !== seat.epoch;
      return prepared.every(({ header }) => !isOpen(header.statement.sequence, seat, state));
    }
    case 'newView':
      return statement.viewChanges.every((vote) => mayBeOfOtherEpoch(vote.statement, seat, state));
  }
}

/** Between the watermarks, and in this epoch. */
function isOpen(sequence: number, { court }: Seat, { stable, epochEnd }: ReplicaState): boolean {
  const low = (stable ?? court.base)?.statement.sequence ?? 0;
  const high = Math.min(low + court.parameters.logWindow, epochEnd ?? Number.POSITIVE_INFINITY);
  return sequence > low && sequence <= high;
}

/**
 * Whether a replica that is recovering from a lost disk may have signed in the next epoch before it
 * lost it. Not if that epoch began after the loss: a quorum told it since, where it stood, and had
 * not come to the epoch's end.
 */
export function mayHaveForgotten(
  recovering: ReplicaState['recovering'],
  end: CheckpointCertificate,
  { logWindow }: Parameters,
): boolean {
  if (recovering === null) return false;
  const { until } = recovering;
  return until === null || until.sequence - logWindow >= end.statement.sequence;
}

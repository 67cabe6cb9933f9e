import type {
  Commit,
  Envelope,
  NewView,
  PrePrepare,
  Prepare,
  ReplicaIndex,
  ResultCertificate,
  ResultStatement,
  ViewChange,
} from './messages.ts';

/**
 * Signed bytes that contradict each other, or that no correct replica would sign. Proves itself.
 */
export type Evidence =
  /** One primary, two headers for one view and sequence. */
  | {
      readonly type: 'conflictingPrePrepare';
      readonly accused: ReplicaIndex;
      readonly first: Envelope<PrePrepare>;
      readonly second: Envelope<PrePrepare>;
    }
  | {
      readonly type: 'conflictingPrepare';
      readonly accused: ReplicaIndex;
      readonly first: Envelope<Prepare>;
      readonly second: Envelope<Prepare>;
    }
  | {
      readonly type: 'conflictingCommit';
      readonly accused: ReplicaIndex;
      readonly first: Envelope<Commit>;
      readonly second: Envelope<Commit>;
    }
  /** One replica, two results of one sequence: execution gives the same each time. */
  | {
      readonly type: 'conflictingResult';
      readonly accused: ReplicaIndex;
      readonly first: Envelope<ResultStatement>;
      readonly second: Envelope<ResultStatement>;
    }
  /** A vote over another result than the one a quorum certified for the same sequence. */
  | {
      readonly type: 'divergentResult';
      readonly accused: ReplicaIndex;
      readonly vote: Envelope<ResultStatement>;
      readonly certificate: ResultCertificate;
    }
  /** A header of a view that its signer does not lead, or a prepare in one that it does. */
  | {
      readonly type: 'outOfTurn';
      readonly accused: ReplicaIndex;
      readonly vote: Envelope<PrePrepare | Prepare>;
    }
  /** A view change that claims what its own certificates do not prove. */
  | {
      readonly type: 'invalidViewChange';
      readonly accused: ReplicaIndex;
      readonly vote: Envelope<ViewChange>;
    }
  /** A new view that does not follow from the view changes it carries. */
  | {
      readonly type: 'invalidNewView';
      readonly accused: ReplicaIndex;
      readonly vote: Envelope<NewView>;
    };

export type EvidenceType = Evidence['type'];

/** The newest sequence that the accused spoke of in it: tells lies of before from later ones. */
export function newestSequence(evidence: Evidence): number {
  switch (evidence.type) {
    case 'conflictingPrePrepare':
    case 'conflictingPrepare':
    case 'conflictingCommit':
    case 'conflictingResult':
      return evidence.first.statement.sequence;
    case 'divergentResult':
    case 'outOfTurn':
      return evidence.vote.statement.sequence;
    case 'invalidViewChange':
      return newestIn(evidence.vote);
    case 'invalidNewView': {
      const { headers, viewChanges } = evidence.vote.statement;
      const proposed = headers.map(({ statement }) => statement.sequence);
      return Math.max(0, ...proposed, ...viewChanges.map(newestIn));
    }
  }
}

function newestIn({ statement: { stable, prepared } }: Envelope<ViewChange>): number {
  const last = prepared.at(-1)?.header.statement.sequence ?? 0;
  return Math.max(stable?.statement.sequence ?? 0, last);
}

/** §4.2: headers are the primary's to sign, and prepares the backups'. */
export function isOutOfTurn(
  { sender, statement }: Envelope<PrePrepare | Prepare>,
  n: number,
): boolean {
  const leads = sender === statement.view % n;
  return leads !== (statement.type === 'prePrepare');
}

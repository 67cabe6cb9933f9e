import type {
  CheckpointCertificate,
  CommitCertificate,
  Envelope,
  NewView,
  Operation,
  PrePrepare,
  PreparedCertificate,
  ViewChange,
} from './messages.ts';

/** A stable checkpoint at or past `sequence`, and a view from `view` on. */
export interface RecoveryBound {
  readonly sequence: number;
  readonly view: number;
}

/**
 * What must survive a crash so that a replica never contradicts what it signed. Written before
 * the message that depends on it leaves.
 */
export type JournalRecord =
  /** The header this replica proposed or answered, and the batch it stands for. */
  | {
      readonly type: 'accepted';
      readonly header: Envelope<PrePrepare>;
      readonly batch: readonly Operation[];
    }
  /** Written before the commit. */
  | { readonly type: 'prepared'; readonly certificate: PreparedCertificate }
  /** `batch` is null where the `accepted` record of the same header holds it. */
  | {
      readonly type: 'decided';
      readonly certificate: CommitCertificate;
      readonly batch: readonly Operation[] | null;
    }
  /** Written before the view change leaves. */
  | { readonly type: 'leftView'; readonly vote: Envelope<ViewChange> }
  | { readonly type: 'enteredView'; readonly vote: Envelope<NewView> }
  /** A lost disk: no vote before `until` is past; null while that is unknown. */
  | { readonly type: 'recovering'; readonly until: RecoveryBound | null }
  /** The state at this checkpoint is on disk; records below are gone. */
  | { readonly type: 'stable'; readonly certificate: CheckpointCertificate };

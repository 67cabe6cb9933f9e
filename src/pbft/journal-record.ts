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
  | {
      readonly type: 'decided';
      readonly certificate: CommitCertificate;
      readonly batch: readonly Operation[];
    }
  /** Written before the view change leaves. */
  | { readonly type: 'leftView'; readonly vote: Envelope<ViewChange> }
  | { readonly type: 'enteredView'; readonly vote: Envelope<NewView> }
  /** The state at this checkpoint is on disk; records below are gone. */
  | { readonly type: 'stable'; readonly certificate: CheckpointCertificate };

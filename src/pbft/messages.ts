import type { Digest } from '../base/digest.ts';

/** Position in the validator set, 0 ≤ index < n. The primary of a view is `view % n`. */
export type ReplicaIndex = number;

/**
 * What a replica puts its signature on. The payload bytes carry the type tag, and the signature
 * covers a domain tag, the chain id and the payload (see `envelope.ts`).
 */
export type Statement = PrePrepare | Prepare | Commit | ResultStatement | ViewChange | NewView;

/** §4.2: the primary's signed header, apart from the batch it orders. */
export interface PrePrepare {
  readonly type: 'prePrepare';
  readonly view: number;
  readonly sequence: number;
  /** {@link batchDigest} of the operations. */
  readonly batchDigest: Digest;
  /** Milliseconds since 1970 that the primary proposes as the batch's time; 0 in a null batch. */
  readonly timestamp: number;
}

/** §4.2: answers the header whose payload digest it names. Equal bytes for every backup. */
export interface Prepare {
  readonly type: 'prepare';
  readonly view: number;
  readonly sequence: number;
  readonly headerDigest: Digest;
}

/** §4.2: the sender is prepared for this header. */
export interface Commit {
  readonly type: 'commit';
  readonly view: number;
  readonly sequence: number;
  readonly headerDigest: Digest;
}

/**
 * What executing one sequence number led to; the same bytes on every correct replica. Signed for
 * every batch as the vote of a {@link ResultCertificate}; at multiples of the checkpoint interval
 * the same signature is the checkpoint vote (§4.3).
 */
export interface ResultStatement {
  readonly type: 'result';
  /** Membership epoch. */
  readonly epoch: number;
  readonly sequence: number;
  /** The agreed batch time, milliseconds since 1970. */
  readonly timestamp: number;
  /** Merkle root (RFC 6962) over the batch's results, 64 hex. */
  readonly resultsRoot: Digest;
  /** Digest of the service's state after the batch. */
  readonly stateDigest: Digest;
}

/**
 * §4.4: the sender has left for `view` and reports what it had prepared above its stable
 * checkpoint.
 */
export interface ViewChange {
  readonly type: 'viewChange';
  readonly view: number;
  /** Certificate of the sender's stable checkpoint; null stands for genesis, sequence 0. */
  readonly stable: CheckpointCertificate | null;
  /** One per sequence, ascending, each of the highest view in which it prepared there. */
  readonly prepared: readonly PreparedCertificate[];
}

/**
 * §4.4: a quorum of view changes, and the headers that follow from them, which any backup
 * recomputes.
 */
export interface NewView {
  readonly type: 'newView';
  readonly view: number;
  readonly viewChanges: readonly Envelope<ViewChange>[];
  readonly headers: readonly Envelope<PrePrepare>[];
}

/** Signed bytes as they travelled, beside what they decode to. Digests are taken of `payload`. */
export interface Envelope<S extends Statement = Statement> {
  readonly sender: ReplicaIndex;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly statement: S;
}

export interface Vote {
  readonly replica: ReplicaIndex;
  readonly signature: Uint8Array;
}

/** A quorum of distinct replicas signed the same statement. Votes ascend by replica. */
export interface QuorumCertificate<S extends Statement = Statement> {
  readonly statement: S;
  readonly votes: readonly Vote[];
}

/** §4.2 `prepared`: a header and quorum − 1 prepares by replicas other than its primary. */
export interface PreparedCertificate {
  readonly header: Envelope<PrePrepare>;
  readonly prepares: readonly Vote[];
}

/** §4.2 `committedLocal`: a header and a quorum of commits. Proves the decision to anyone. */
export interface CommitCertificate {
  readonly header: Envelope<PrePrepare>;
  readonly commits: readonly Vote[];
}

/** A quorum of result votes: with a Merkle path, the answer to one request, checkable offline. */
export type ResultCertificate = QuorumCertificate<ResultStatement>;
/** §4.3 the stable certificate: a result certificate of a checkpoint sequence. */
export type CheckpointCertificate = ResultCertificate;

/** An opaque operation of the service; known by {@link requestDigest}. */
export type Operation = Uint8Array;

/** One result of a batch, with its path to `resultsRoot`. */
export interface Answer {
  readonly requestDigest: Digest;
  readonly result: Uint8Array;
  readonly index: number;
  readonly batchSize: number;
  readonly path: readonly Uint8Array[];
}

/** What travels between replicas, and between replicas and clients. `from` is known by the link. */
export type Message =
  | { readonly type: 'request'; readonly operation: Operation }
  | {
      readonly type: 'prePrepare';
      readonly header: Envelope<PrePrepare>;
      readonly batch: readonly Operation[];
    }
  /** Quotes the header it answers: two quotes that differ convict the primary. */
  | {
      readonly type: 'prepare';
      readonly vote: Envelope<Prepare>;
      readonly header: Envelope<PrePrepare>;
    }
  | { readonly type: 'commit'; readonly vote: Envelope<Commit> }
  | { readonly type: 'checkpoint'; readonly vote: Envelope<ResultStatement> }
  | { readonly type: 'viewChange'; readonly vote: Envelope<ViewChange> }
  | { readonly type: 'newView'; readonly vote: Envelope<NewView> }
  /** To a client: its answers of one batch, and this replica's vote over them. */
  | {
      readonly type: 'reply';
      readonly view: number;
      readonly vote: Envelope<ResultStatement>;
      readonly answers: readonly Answer[];
    }
  /**
   * Retransmission (thesis §5.2): what I have, so that you send what I miss. Unsigned, only advice.
   */
  | {
      readonly type: 'status';
      /** Membership epoch. */
      readonly epoch: number;
      readonly view: number;
      /** False while this replica is between views. */
      readonly active: boolean;
      readonly stableCheckpoint: number;
      readonly executed: number;
    }
  /** A request waits too long: this replica would leave `view` if enough others would. */
  | { readonly type: 'complaint'; readonly epoch: number; readonly view: number }
  /**
   * Thesis §4.3: a replica that lost its disk asks where the others stand. The nonce makes an
   * answer newer than the question: one that was on its way since before the loss would say too
   * little.
   */
  | { readonly type: 'queryStable'; readonly epoch: number; readonly nonce: number }
  | {
      readonly type: 'replyStable';
      readonly epoch: number;
      readonly nonce: number;
      readonly view: number;
      readonly executed: number;
    }
  /** A decided slot with its proof, for a replica that missed it. */
  | {
      readonly type: 'decided';
      readonly certificate: CommitCertificate;
      readonly batch: readonly Operation[];
    }
  /** The end of an epoch, certified by its members, and the next membership in the state there. */
  | {
      readonly type: 'epochChange';
      readonly certificate: CheckpointCertificate;
      /** The state's membership entry, and its path to the certified state digest. */
      readonly membership: Uint8Array;
      readonly path: readonly Uint8Array[];
    }
  | { readonly type: 'fetchBatch'; readonly batchDigest: Digest }
  | { readonly type: 'batch'; readonly batch: readonly Operation[] }
  /** State transfer (thesis §5.3): asks for one chunk of the state at a stable checkpoint. */
  | { readonly type: 'fetchState'; readonly sequence: number; readonly chunk: number }
  | { readonly type: 'stableCheckpoint'; readonly certificate: CheckpointCertificate }
  | {
      readonly type: 'stateChunk';
      readonly sequence: number;
      readonly chunk: number;
      readonly chunks: number;
      readonly bytes: Uint8Array;
    };

export type MessageType = Message['type'];
export type MessageOf<T extends MessageType> = Extract<Message, { type: T }>;

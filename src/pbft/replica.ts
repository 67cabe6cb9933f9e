import type { Digest } from '../base/digest.ts';
import type { Signer } from '../base/signature.ts';
import type { Evidence } from './evidence.ts';
import type { JournalRecord } from './journal-record.ts';
import type {
  CheckpointCertificate,
  CommitCertificate,
  Envelope,
  Message,
  Operation,
  ReplicaIndex,
  ResultStatement,
} from './messages.ts';

/** What happens to a replica. `from` is a replica (by its link); clients reach it as `request`. */
export type Input =
  /** A peer's message; its outer signature, if it has one, is already verified. */
  | { readonly type: 'receive'; readonly from: ReplicaIndex; readonly message: Message }
  /** An operation that a client, or a peer on a client's behalf, wants ordered. */
  /** `more`: another request follows at once, so nothing is proposed before it is here. */
  | { readonly type: 'request'; readonly operation: Operation; readonly more?: boolean }
  | { readonly type: 'timeout'; readonly timer: TimerName }
  /** The service ran what an `execute` effect named. */
  | {
      readonly type: 'executed';
      readonly sequence: number;
      readonly resultsRoot: Digest;
      readonly stateDigest: Digest;
      /** The time the service took as the batch's: never behind the last one. */
      readonly timestamp: number;
    }
  /** All chunks of a fetched state were installed and give the certified digest, or did not. */
  | { readonly type: 'installed'; readonly sequence: number; readonly ok: boolean }
  /** A decided change of membership: this epoch ends with `sequence`, a checkpoint. */
  | { readonly type: 'epochEnds'; readonly sequence: number }
  /** The service's state isolates exactly these replicas from now on (a committed decision). */
  | { readonly type: 'isolated'; readonly replicas: readonly ReplicaIndex[] }
  /** Requests of which nothing would come any more: no correct replica proposes them. */
  | { readonly type: 'withdraw'; readonly operations: readonly Operation[] }
  /** First input after a restart: what the journal holds, oldest first. */
  | { readonly type: 'recovered'; readonly records: readonly JournalRecord[] }
  /** First input of a replica whose journal should not be empty but is. */
  | { readonly type: 'diskLost' };

export type TimerName = 'request' | 'viewChange' | 'status' | 'fetch' | 'gather';

/** What a replica wants done, obeyed in order: a persist is on disk before a later send leaves. */
export type Effect =
  | {
      readonly type: 'send';
      readonly to: ReplicaIndex | 'others';
      readonly message: Message;
      /** A copy of what may be under way: of no use behind a long queue. */
      readonly again?: true;
    }
  | {
      readonly type: 'persist';
      readonly record: JournalRecord;
      /**
       * No send waits for it but those that say how far this replica has executed (`checkpoint`,
       * `status`, `replyStable`): it goes to disk with the next record that is waited for.
       */
      readonly later?: true;
    }
  /** Decided: run the batch through the service and answer with `executed`. */
  | {
      readonly type: 'execute';
      readonly certificate: CommitCertificate;
      readonly batch: readonly Operation[];
    }
  /** This replica's vote over the batch it executed: reply to the clients that wait for it. */
  | { readonly type: 'reply'; readonly vote: Envelope<ResultStatement> }
  | { readonly type: 'setTimer'; readonly timer: TimerName; readonly afterMs: number }
  | { readonly type: 'cancelTimer'; readonly timer: TimerName }
  | { readonly type: 'accuse'; readonly evidence: Evidence }
  /** Bytes no correct replica sends, but that prove nothing to others. */
  | { readonly type: 'strike'; readonly replica: ReplicaIndex; readonly reason: string }
  /** The checkpoint is stable: keep its state, forget journal and state below it. */
  | { readonly type: 'stable'; readonly certificate: CheckpointCertificate }
  /** Serve one chunk of the state at a stable checkpoint to `to`. */
  | {
      readonly type: 'serveChunk';
      readonly to: ReplicaIndex;
      readonly sequence: number;
      readonly chunk: number;
    }
  /**
   * Put these chunks in place of the state if they give the certified digest; answer `installed`.
   */
  | {
      readonly type: 'install';
      readonly certificate: CheckpointCertificate;
      readonly chunks: readonly Uint8Array[];
    }
  /** A change of view, for readers of the trace. `active` is false on leaving, true on entering. */
  | { readonly type: 'enterView'; readonly view: number; readonly active: boolean };

export type Instant = number;

export interface Replica {
  /**
   * One step of the protocol. Synchronous and total: a peer's bytes never make it throw.
   * `nowMs` is this replica's own clock, milliseconds since 1970.
   */
  step(input: Input, nowMs: Instant): readonly Effect[];
  /**
   * As a step without effects, for a message that is no more than a vote to be counted, at whatever
   * time; its signature is verified. False: nothing was done, it needs a step.
   */
  counts?(message: Message): boolean;
}

/** An adversary: a replica around a replica. */
export type Behaviour = (honest: Replica) => Replica;

/** Who votes in one membership epoch, and under what name. */
export interface ValidatorSet {
  /** Names cluster and epoch in every signature, 32 bytes as hex (`epochChainId`). */
  readonly chainId: Digest;
  readonly epoch: number;
  /** Public keys by replica index; n is their number. */
  readonly publicKeys: readonly Uint8Array[];
}

/** Checks one replica's signature over payload bytes: pure, may remember what it saw. */
export type VerifyVote = (
  replica: ReplicaIndex,
  payload: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** What judging a statement needs: no state, so every replica and every stranger judges alike. */
export interface Court {
  readonly validators: ValidatorSet;
  readonly verify: VerifyVote;
  readonly parameters: Parameters;
  /**
   * The checkpoint at which this membership epoch begins, certified by the epoch before; absent
   * in epoch 0. An epoch is an instance of PBFT of its own, whose sequence numbers go on from here.
   */
  readonly base?: CheckpointCertificate;
}

export interface ReplicaOptions extends Court {
  /** The service's state is older than `base`: fetch it before anything else. */
  readonly behindBase?: boolean;
  /** n or above for one that follows without a vote (a standby). */
  readonly index: ReplicaIndex;
  readonly signer: Signer;
}

/** Numbers a deployment may choose; the same on every replica of a cluster. */
export interface Parameters {
  /** K: a checkpoint every so many sequences. */
  readonly checkpointInterval: number;
  /** L = highWatermark − lowWatermark, a multiple of K. */
  readonly logWindow: number;
  readonly maxBatchOperations: number;
  readonly maxBatchBytes: number;
  /** Slots the primary keeps in flight before it lets requests gather into larger batches. */
  readonly pipelineDepth: number;
  /**
   * How long after a batch ran the primary may wait for as many requests as were pending then, in
   * milliseconds, and up to eight times that where agreement takes longer than it need; while one
   * is in flight it proposes full batches only. 0: neither.
   */
  readonly proposalIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly statusIntervalMs: number;
  /** How far a proposed timestamp may stand from a backup's own clock. */
  readonly maxClockSkewMs: number;
}

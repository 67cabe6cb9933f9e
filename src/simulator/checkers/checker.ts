import type { Digest } from '../../base/digest.ts';
import type { Evidence } from '../../pbft/evidence.ts';
import type { CommitCertificate, Operation, ReplicaIndex } from '../../pbft/messages.ts';
import type { ValidatorSet, VerifyVote } from '../../pbft/replica.ts';
import type { ExecutedBatch } from '../../runtime/observer.ts';
import type { Seat } from '../../runtime/seat.ts';
import type { CertifiedAnswer } from '../../runtime/validator.ts';
import type { IssuedCertificate } from '../../trustchain/certificate-store.ts';
import type { AnsweringLog } from '../../trustchain/log/answers.ts';
import type { Circumstances } from '../circumstances.ts';

/** What a checker found to be wrong; the panel adds time and name. */
export interface Finding {
  readonly sequence: number | null;
  readonly replicas: readonly ReplicaIndex[];
  readonly detail: string;
}

/** Who plays, as far as a checker needs to know. */
export interface Cast {
  readonly n: number;
  /** Replicas with a behaviour, and those that share their key. */
  readonly adversaries: ReadonlySet<ReplicaIndex>;
  readonly validators: ValidatorSet;
  readonly verify: VerifyVote;
}

/** A certified answer as a client received it. */
export interface Acknowledged {
  readonly operation: Operation;
  readonly requestDigest: Digest;
  readonly certified: CertifiedAnswer;
}

/** A certificate as its requester received it, and the log it should be in. */
export interface Issued {
  readonly certificate: IssuedCertificate;
  /** The answer that its authority gave as the reason. */
  readonly certified: CertifiedAnswer;
  readonly answering: AnsweringLog;
  /** Of the consensus extension. */
  readonly extensionOid: string;
  /** Its authority's store has it. */
  readonly recorded: boolean;
}

/** A correct replica as it stands when the run is over. */
export interface FinalState {
  readonly replica: ReplicaIndex;
  readonly executed: number;
  readonly stateDigest: Digest;
  /** False for one that follows without a vote. */
  readonly votes: boolean;
  /** True when its disk was lost during the run: it may have forgotten. */
  readonly lostDisk: boolean;
}

/**
 * Judges every event as it happens, with replicas by process; the first finding stops the run.
 * Hooks are called for correct replicas only. A checker only reads: nothing it does changes the
 * run.
 */
export interface Checker {
  readonly name: string;
  /** `replica` handed a decided batch to its service (again, perhaps, after a restart). */
  onDecided?(
    replica: ReplicaIndex,
    certificate: CommitCertificate,
    batch: readonly Operation[],
  ): Finding | null;
  onExecuted?(replica: ReplicaIndex, executed: ExecutedBatch): Finding | null;
  /** State transfer put the state after `sequence` in place. */
  onInstalled?(replica: ReplicaIndex, sequence: number): Finding | null;
  onAccused?(replica: ReplicaIndex, evidence: Evidence): Finding | null;
  /** Its state says that these were convicted by committed decisions, now or earlier. */
  onIsolated?(replica: ReplicaIndex, isolated: readonly ReplicaIndex[]): Finding | null;
  /** Views and votes of `replica` are those of this seat's epoch from now on. */
  onSeat?(replica: ReplicaIndex, seat: Seat): Finding | null;
  /** `active` is false on leaving for `view`, true on entering it. */
  onView?(replica: ReplicaIndex, view: number, active: boolean, atUs: number): Finding | null;
  /** How many things of each kind it keeps now, by structure. */
  onHoldings?(replica: ReplicaIndex, holdings: Readonly<Record<string, number>>): Finding | null;
  /** A new incarnation starts; it knows only what its disk holds. */
  onRestart?(replica: ReplicaIndex): void;
  onAcknowledged?(acknowledged: Acknowledged): Finding | null;
  onIssued?(issued: Issued): Finding | null;
  /** The number of requests without an answer changed. */
  onOutstanding?(outstanding: number, atUs: number): void;
  /** A fault was put in force or lifted; how things stand from now on. */
  onCircumstances?(circumstances: Circumstances, atUs: number): void;
  /** Called now and then as virtual time goes by. */
  onTime?(atUs: number): Finding | null;
  /**
   * The run is over; one entry for each correct replica that is up. `expected`: the sequence that
   * each of them had long enough to reach; null when there was no time for any.
   */
  onEnd?(states: readonly FinalState[], expected: number | null): Finding | null;
}

/**
 * Sequences a checker remembers behind the newest: sixteen log windows, and a correct replica that
 * is more than two behind fetches the state.
 */
export const rememberedSequences = 1024;

/** A map by sequence that forgets what is far behind, so that checkers stay small in long runs. */
export class BySequence<T> {
  private readonly entries = new Map<number, T>();

  get(sequence: number): T | undefined {
    return this.entries.get(sequence);
  }

  set(sequence: number, value: T): void {
    this.entries.set(sequence, value);
    this.entries.delete(sequence - rememberedSequences);
  }
}

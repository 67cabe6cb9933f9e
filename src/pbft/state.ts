import type { Digest } from '../base/digest.ts';
import { seal } from './envelope.ts';
import { type Evidence, type EvidenceType, newestSequence } from './evidence.ts';
import { type Gathering, nothingExpected } from './gathering.ts';
import type { RecoveryBound } from './journal-record.ts';
import { limits } from './limits.ts';
import type {
  CheckpointCertificate,
  Commit,
  CommitCertificate,
  Envelope,
  Message,
  NewView,
  Operation,
  PrePrepare,
  Prepare,
  PreparedCertificate,
  ReplicaIndex,
  ResultStatement,
  Statement,
  ViewChange,
} from './messages.ts';
import type { Pause, Resent } from './pacing.ts';
import { quorum } from './quorum.ts';
import type { Effect, ReplicaOptions, TimerName } from './replica.ts';
import type { VotesByReplica } from './votes.ts';

/** What was signed for one sequence number in one view: the first of each kind by each replica. */
export interface Ballot {
  /** The first header of the view seen at all, perhaps only quoted: the yardstick for conflicts. */
  seen: Envelope<PrePrepare> | null;
  prepares: VotesByReplica<Envelope<Prepare>>;
  commits: VotesByReplica<Envelope<Commit>>;
}

/** Everything known about one sequence number. Votes belong to `view`; the rest outlives it. */
export interface Slot extends Ballot {
  readonly sequence: number;
  /** The view that `header` and the ballot belong to. */
  view: number;
  /** The header this replica accepted (as primary: sent) in `view`. */
  header: Envelope<PrePrepare> | null;
  /** The status tick at which it did. */
  acceptedTick: number | null;
  /** Of the highest view in which this replica prepared here. */
  prepared: PreparedCertificate | null;
  decided: CommitCertificate | null;
}

/**
 * A state transfer under way (thesis §5.3). All chunks come from one source, so a bad state names
 * its giver.
 */
export interface Transfer {
  readonly certificate: CheckpointCertificate;
  source: ReplicaIndex;
  /** null until the first chunk tells how many there are. */
  chunks: (Uint8Array | null)[] | null;
  /** How many of them came, and their size. */
  received: number;
  receivedBytes: number;
  installing: boolean;
  /** Fetch timers since the last chunk came. */
  silentTimers: number;
}

/** A checkpoint certificate and the bytes its votes signed. */
export interface Certified {
  readonly certificate: CheckpointCertificate;
  readonly payload: Uint8Array;
}

export interface KnownBatch {
  readonly sequence: number;
  readonly operations: readonly Operation[];
}

export interface PeerStatus {
  executed: number;
  view: number;
  /** Its status messages since this replica's last status tick. */
  sinceTick: number;
}

/** The whole state of a replica: plain data, copied to take a snapshot. */
export interface ReplicaState {
  view: number;
  /** False between leaving a view and entering the next. */
  active: boolean;
  /** The last sequence handed to the service, and the last it answered for. */
  lastHanded: number;
  lastExecuted: number;
  lastTimestamp: number;
  /** null stands for genesis: sequence 0. */
  stable: CheckpointCertificate | null;
  /** The stable checkpoint before, whose state is still served to those in the middle of it. */
  previousStable: number | null;
  readonly slots: Map<number, Slot>;
  /** Ballots of the views next to this one, by view and sequence (`ballots.ts`). */
  readonly aside: Map<string, Ballot>;
  /**
   * Batches by digest, with the highest sequence a header put them at. Kept until a stable
   * checkpoint passes, whatever the views: a certificate that someone else holds may call for them
   * again.
   */
  readonly batches: Map<Digest, KnownBatch>;
  /** Requests not yet executed, in order of arrival. */
  readonly pending: Map<Digest, Operation>;
  pendingBytes: number;
  /** Requests in a batch of this view that has not run yet, pending here or not. */
  readonly proposed: Set<Digest>;
  /** Pending requests that no batch of this view holds, in order of arrival. */
  readonly unproposed: Set<Digest>;
  /** Those that were unproposed at the last status tick, and since which tick. */
  overdue: ReadonlyMap<Digest, number>;
  /** Pending requests already passed on to this view's primary, and when they may be once more. */
  readonly relayed: Map<Digest, Pause>;
  /** The request the timer runs for. */
  awaited: Digest | null;
  /** The request whose timer ran out in this view. */
  impatientFor: Digest | null;
  /** The last view each other replica would leave, or has left; and since how many own ticks. */
  readonly complaints: Map<ReplicaIndex, { readonly view: number; readonly ticks: number }>;
  /** The view in which this replica complained since the last status tick. */
  complainedIn: number | null;
  /** The primary proposed something since the last status tick. */
  heardPrimary: boolean;
  /** What the primary waits for before it proposes (`gathering.ts`). */
  readonly gathering: Gathering;
  /** Own clock at the last status tick. */
  tickedMs: number;
  /** Status ticks in a row at which a request waited and nothing was proposed. */
  idleTicks: number;
  /** Whole status ticks that the last batch took from its header to its result. */
  agreementTicks: number;
  /** The last sequence this primary proposed in its view. */
  lastProposed: number;
  /** No slot above this one belongs to the epoch; null while no change is decided. */
  epochEnd: number | null;
  readonly checkpointVotes: Map<number, Map<ReplicaIndex, Envelope<ResultStatement>>>;
  /** The newest certified checkpoints, by sequence: late votes are held against them. */
  readonly certified: Map<number, Certified>;
  /** Newest per replica, this one's own included. */
  readonly viewChanges: Map<ReplicaIndex, Envelope<ViewChange>>;
  /** The new view that opened `view`; null in view 0. */
  newView: Envelope<NewView> | null;
  /** The timer for the new view runs. */
  awaitingNewView: boolean;
  /** Timeouts are `requestTimeoutMs · 2^backoff`. */
  backoff: number;
  /** A certificate ahead of what this replica executed, and where it stood at the last status. */
  ahead: CheckpointCertificate | null;
  executedAtStatus: number;
  /** Status ticks in a row since which nothing was executed. */
  stillTicks: number;
  transfer: Transfer | null;
  readonly peers: Map<ReplicaIndex, PeerStatus>;
  /** Status timers since the beginning: the measure of how long something is under way. */
  tick: number;
  /** Per peer, the batches it was last sent again. */
  readonly resent: Map<ReplicaIndex, Resent>;
  /** The member a follower asked last. */
  helper: ReplicaIndex;
  quietTicks: number;
  /** Not null: it may have forgotten votes, and signs none (see recovery). */
  recovering: Recovering | null;
  /** Views whose primary was caught in the act, this one or the next: left when they are active. */
  convicted: ReadonlySet<number>;
  /** Replicas whose votes no longer count here and whose views are skipped. */
  isolated: ReadonlySet<ReplicaIndex>;
  /** Keys of what was accused, so that each contradiction is told once. */
  readonly accused: Set<string>;
  /** How far this replica had run when an isolated one was taken back: its lies so far are paid. */
  readonly readmittedAt: Map<ReplicaIndex, number>;
}

/** A replica whose disk is gone: it gathers where the others stand, then waits to be past it. */
export interface Recovering {
  /** This replica's time when it began to ask; answers to anything else are too old. */
  readonly nonce: number;
  /** Where other replicas stand, first heard from each. */
  readonly heard: Map<ReplicaIndex, { readonly executed: number; readonly view: number }>;
  /** What must be past before it votes; null until a quorum was heard. */
  until: RecoveryBound | null;
}

/**
 * Shared, because every message asks for such a set and nearly all find nothing in it: to know the
 * set is enough, and it need not be looked into.
 */
export const nobody: ReadonlySet<number> = new Set();

export function initialState(base?: CheckpointCertificate): ReplicaState {
  const { sequence, timestamp } = base?.statement ?? { sequence: 0, timestamp: 0 };
  return {
    view: 0,
    active: true,
    // Every vote asks for these four: they stand together, for each replica's state is cold.
    convicted: nobody,
    isolated: nobody,
    lastHanded: sequence,
    lastExecuted: sequence,
    lastTimestamp: timestamp,
    stable: null,
    previousStable: null,
    slots: new Map(),
    aside: new Map(),
    batches: new Map(),
    pending: new Map(),
    pendingBytes: 0,
    proposed: new Set(),
    unproposed: new Set(),
    overdue: new Map(),
    relayed: new Map(),
    awaited: null,
    impatientFor: null,
    complaints: new Map(),
    complainedIn: null,
    heardPrimary: false,
    gathering: nothingExpected(),
    tickedMs: 0,
    idleTicks: 0,
    agreementTicks: 0,
    lastProposed: sequence,
    epochEnd: null,
    checkpointVotes: new Map(),
    certified: new Map(),
    viewChanges: new Map(),
    newView: null,
    awaitingNewView: false,
    backoff: 0,
    ahead: null,
    executedAtStatus: sequence,
    stillTicks: 0,
    transfer: null,
    peers: new Map(),
    tick: 0,
    resent: new Map(),
    helper: 0,
    quietTicks: 0,
    recovering: null,
    accused: new Set(),
    readmittedAt: new Map(),
  };
}

/** Most votes change nothing that shows. */
const nothing: Effect[] = [];

/**
 * What every part of the protocol works on: the state, this step's time, and the effects so far.
 */
export class Core {
  readonly options: ReplicaOptions;
  readonly n: number;
  /** Votes that decide, `quorum(n)`: every vote asks. */
  readonly quorum: number;
  readonly index: ReplicaIndex;
  readonly state: ReplicaState;
  nowMs = 0;
  /** The state at the epoch's base is still to be fetched. */
  behindBase: boolean;
  /** The slot asked for last: most votes are for the one that the vote before was for. */
  newestSlot: Slot | null = null;
  private effects: Effect[] = nothing;

  constructor(options: ReplicaOptions) {
    this.options = options;
    this.n = options.validators.publicKeys.length;
    this.quorum = quorum(this.n);
    this.index = options.index;
    this.state = initialState(options.base);
    this.behindBase = options.behindBase ?? false;
  }

  primary(view = this.state.view): ReplicaIndex {
    return view % this.n;
  }

  isPrimary(): boolean {
    return this.primary() === this.index;
  }

  /** May sign votes: a member, and not while it may have forgotten some or lacks the state. */
  mayVote(): boolean {
    return this.index < this.n && this.state.recovering === null && !this.behindBase;
  }

  /**
   * May sign a view change, or the new view, for `view`. A replica past the slots it may have voted
   * on before its disk was lost may do so from the first view on that it cannot have left: it cast
   * no vote since, so what it forgot is not concealed by saying so again.
   */
  mayLeaveFor(view: number): boolean {
    if (this.mayVote()) return true;
    const until = this.state.recovering?.until ?? null;
    if (until === null || this.index >= this.n || this.behindBase) return false;
    return this.lowWatermark >= until.sequence && view >= until.view;
  }

  get lowWatermark(): number {
    return this.state.stable?.statement.sequence ?? this.baseSequence;
  }

  get highWatermark(): number {
    const high = this.lowWatermark + this.options.parameters.logWindow;
    return Math.min(high, this.state.epochEnd ?? high);
  }

  /**
   * Votes of checkpoints are kept from here on, a window below the watermark: it may move past one
   * that has no certificate yet, and whoever lied there must not get away for that.
   */
  get lowestVote(): number {
    return this.lowWatermark - this.options.parameters.logWindow;
  }

  get baseSequence(): number {
    return this.options.base?.statement.sequence ?? 0;
  }

  inWindow(sequence: number): boolean {
    return sequence > this.lowWatermark && sequence <= this.highWatermark;
  }

  seal<S extends Statement>(statement: S): Envelope<S> {
    return seal(statement, this.index, this.options.signer, this.options.validators.chainId);
  }

  emit(effect: Effect): void {
    if (this.effects === nothing) this.effects = [effect];
    else this.effects.push(effect);
  }

  send(to: ReplicaIndex | 'others', message: Message): void {
    this.emit({ type: 'send', to, message });
  }

  /** Whom to ask what many know: one after the other, all of them would answer alike. */
  nextHelper(): ReplicaIndex {
    const { state, n } = this;
    state.helper = (state.helper + 1) % n;
    if (state.helper === this.index) state.helper = (state.helper + 1) % n;
    return state.helper;
  }

  /** What a peer may have been sent before: worth nothing where much waits for it already. */
  sendAgain(to: ReplicaIndex, message: Message): void {
    this.emit({ type: 'send', to, message, again: true });
  }

  setTimer(timer: TimerName, afterMs: number): void {
    this.emit({ type: 'setTimer', timer, afterMs });
  }

  cancelTimer(timer: TimerName): void {
    this.emit({ type: 'cancelTimer', timer });
  }

  strike(replica: ReplicaIndex, reason: string): void {
    this.emit({ type: 'strike', replica, reason });
  }

  /**
   * Tells a contradiction once per accused and kind: one is enough to convict. One that no
   * operation has room for cannot be told, and is no reason to keep silent about the next.
   */
  accuse(evidence: Evidence): void {
    const { accused, type } = evidence;
    const { readmittedAt } = this.state;
    if (this.hasAccused(accused, type)) return;
    if (newestSequence(evidence) <= (readmittedAt.get(accused) ?? -1)) return;
    if ('vote' in evidence && evidence.vote.payload.length > limits.evidencePayloadBytes) {
      return this.strike(accused, `${type} too large to be told`);
    }
    this.state.accused.add(`${accused}/${type}`);
    this.emit({ type: 'accuse', evidence });
  }

  /** The primary of `view` was caught in the act. */
  convict(view: number): void {
    this.state.convicted = new Set(this.state.convicted).add(view);
  }

  /** This step wants something done. */
  get hasEffects(): boolean {
    return this.effects !== nothing;
  }

  hasAccused(replica: ReplicaIndex, type: EvidenceType): boolean {
    return this.state.accused.has(`${replica}/${type}`);
  }

  takeEffects(): readonly Effect[] {
    const { effects } = this;
    this.effects = nothing;
    return effects;
  }
}

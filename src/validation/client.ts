import type { Decoded } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { Random } from '../base/random.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { EpochChange } from '../ledger/epoch-change.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { limits } from '../pbft/limits.ts';
import { decodeMessage, encodeMessage } from '../pbft/message-codec.ts';
import type { Message } from '../pbft/messages.ts';
import type { Address, Network, Timers } from '../runtime/ports.ts';
import type { Validator, ValidatorOutcome } from '../runtime/validator.ts';
import { Directory } from './directory.ts';
import { attemptsThatSpare, maxWaitersPerRequest } from './limits.ts';
import { checkReply, type IgnoredReply } from './reply-check.ts';
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts';
import { Tally } from './tally.ts';

/**
 * The client role of PBFT (§4.1, with result votes instead of bare replies): sends a request to
 * every replica, sends it again until a quorum answered alike, and hands over what that quorum
 * signed. It believes no single replica: a reply counts only over its own replica's link, under its
 * own signature, with a path to the root it voted for.
 */
export interface ValidationOptions {
  readonly network: Network;
  readonly timers: Timers;
  readonly random: Random;
  /**
   * The validators it trusts, and what follows from them. It takes up the epochs that replicas show
   * it; several clients may share one chain, whose verifiers should remember what they saw
   * ({@link rememberVotes}).
   */
  readonly epochs: EpochChain;
  /** Processes that may be promoted, in the order of the deployment. */
  readonly standbys?: readonly Uint8Array[];
  readonly policy: RetryPolicy;
  /** Told of every reply that did not count, for strikes. */
  readonly onIgnored?: (ignored: IgnoredFrame) => void;
}

export interface IgnoredFrame {
  readonly from: Address;
  /** The process behind the link, null for a stranger. */
  readonly replica: number | null;
  readonly reason: IgnoredReply | 'foreign';
  readonly detail: string;
}

export interface ValidationStatistics {
  readonly submitted: number;
  readonly certified: number;
  readonly timedOut: number;
  readonly refused: number;
  /** Request frames sent again. */
  readonly retransmitted: number;
  /** Frames from no replica of the set. */
  readonly foreign: number;
  /** Per process: replies that did not count, by reason. */
  readonly ignored: readonly Readonly<Partial<Record<IgnoredReply, number>>>[];
}

type Done = (outcome: ValidatorOutcome) => void;
type Refusal = Extract<ValidatorOutcome, { type: 'refused' }>['reason'];

interface Pending {
  readonly digest: Digest;
  readonly frame: Uint8Array;
  readonly tally: Tally;
  readonly waiters: Done[];
  attempts: number;
  cancelRetry: () => void;
  cancelDeadline: () => void;
}

export class ValidationClient implements Validator {
  private readonly options: ValidationOptions;
  private readonly directory: Directory;
  private readonly pending = new Map<Digest, Pending>();
  private readonly counts = {
    submitted: 0,
    certified: 0,
    timedOut: 0,
    refused: 0,
    retransmitted: 0,
    foreign: 0,
  };
  private readonly ignored: Partial<Record<IgnoredReply, number>>[];
  /** The epoch whose members it asks. */
  private epoch: number;
  private stopped = false;

  /** Takes the network's one receiver: no one else may listen on this port. */
  constructor(options: ValidationOptions) {
    this.options = options;
    const { epochs, standbys = [] } = options;
    this.directory = new Directory(epochs, standbys);
    this.epoch = epochs.current.validators.epoch;
    this.ignored = Array.from({ length: this.directory.processes }, () => ({}));
    options.network.onFrame((from, frame) => this.onFrame(from, frame));
  }

  get inFlight(): number {
    return this.pending.size;
  }

  get statistics(): ValidationStatistics {
    return { ...this.counts, ignored: this.ignored.map((counts) => ({ ...counts })) };
  }

  /**
   * Orders `operation` and calls `done` once: with the certified answer, at the deadline, or at
   * once when it is refused here. The same bytes submitted again share one flight and one answer.
   */
  submit(operation: Uint8Array, done: Done): void {
    this.counts.submitted++;
    const digest = requestDigest(operation);
    const known = this.pending.get(digest);
    const refused = this.ignoreSubmission(operation, known);
    if (refused !== null) {
      this.counts.refused++;
      done({ type: 'refused', reason: refused });
    } else if (known !== undefined) {
      known.waiters.push(done);
    } else {
      this.launch(digest, operation, done);
    }
  }

  /** Ends every wait with `refused: stopped` and refuses what comes after. */
  stop(): void {
    this.stopped = true;
    for (const pending of [...this.pending.values()]) {
      this.settle(pending, { type: 'refused', reason: 'stopped' });
    }
  }

  private ignoreSubmission(operation: Uint8Array, known: Pending | undefined): Refusal | null {
    if (this.stopped) return 'stopped';
    if (operation.length > limits.clientOperationBytes) return 'tooLarge';
    const full =
      known === undefined
        ? this.pending.size >= this.options.policy.maxInFlight
        : known.waiters.length >= maxWaitersPerRequest;
    return full ? 'overloaded' : null;
  }

  private launch(digest: Digest, operation: Uint8Array, done: Done): void {
    const { policy, timers } = this.options;
    const pending: Pending = {
      digest,
      frame: encodeMessage({ type: 'request', operation }),
      tally: new Tally(),
      waiters: [done],
      attempts: 0,
      cancelRetry: () => {},
      cancelDeadline: timers.after(policy.timeoutMs, () => {
        this.settle(pending, { type: 'timeout' });
      }),
    };
    this.pending.set(digest, pending);
    this.send(pending);
  }

  /**
   * To every replica: the primary orders it, backups see that it does (§4.4). Those already heard
   * are spared at first, but not for ever: where too few kept their answer (state transfer, lost
   * disks) the request is executed anew, and their answer of the new sequence is needed too.
   */
  private send(pending: Pending): void {
    const { network, policy, random, timers } = this.options;
    pending.attempts++;
    for (const replica of this.directory.members(this.epoch)) {
      if (pending.attempts <= attemptsThatSpare && pending.tally.hasHeard(replica)) continue;
      if (pending.attempts > 1) this.counts.retransmitted++;
      network.send(replica, pending.frame);
    }
    const delayMs = retryDelayMs(policy, pending.attempts, random);
    pending.cancelRetry = timers.after(delayMs, () => this.send(pending));
  }

  private onFrame(from: Address, frame: Uint8Array): void {
    if (this.directory.processBehind(from) === null) {
      this.counts.foreign++;
      this.options.onIgnored?.({ from, replica: null, reason: 'foreign', detail: 'no replica' });
      return;
    }
    const { epochs } = this.options;
    const decoded = decodeMessage(frame);
    if (decoded.ok && decoded.value.type === 'epochChange') this.onEpochChange(from, decoded.value);
    else this.onReply(from, decoded);
    if (epochs.current.validators.epoch !== this.epoch) this.enterEpoch();
  }

  private onReply(from: Address, decoded: Decoded<Message>): void {
    const isAsked = (digest: Digest) => this.pending.has(digest);
    const checked = checkReply(from, decoded, isAsked, this.options.epochs, this.directory);
    if (!checked.ok) return this.ignore(from, checked.ignored, checked.detail);
    for (const answer of checked.answers) {
      // Settling one request runs its caller, who may stop this client or settle others.
      const pending = this.pending.get(answer.requestDigest);
      if (pending === undefined) continue;
      const added = pending.tally.add(from, checked.reply, answer, checked.n);
      if (added === 'contradiction') {
        const detail = `a second word about ${pending.digest.slice(0, 8)}`;
        this.ignore(from, 'contradiction', detail);
      }
      const certified = added === 'counted' ? pending.tally.certified() : null;
      if (certified !== null) this.settle(pending, { type: 'certified', certified });
    }
  }

  /** A replica shows which epoch follows. Each does so for itself: what is known is no news. */
  private onEpochChange(from: Address, change: EpochChange): void {
    const { epochs } = this.options;
    if (change.certificate.statement.epoch < epochs.current.validators.epoch) return;
    const reason = epochs.extend(change);
    if (reason !== null) this.ignore(from, 'epochChange', reason);
  }

  /** Who is new among the members has not heard of what waits here. */
  private enterEpoch(): void {
    const before = this.directory.members(this.epoch);
    this.epoch = this.options.epochs.current.validators.epoch;
    const newcomers = this.directory.members(this.epoch).filter((m) => !before.includes(m));
    for (const { frame } of this.pending.values()) {
      for (const member of newcomers) this.options.network.send(member, frame);
    }
  }

  private ignore(from: Address, reason: IgnoredReply, detail: string): void {
    const replica = this.directory.processBehind(from);
    const counts = this.ignored[replica ?? -1];
    if (counts !== undefined) counts[reason] = (counts[reason] ?? 0) + 1;
    this.options.onIgnored?.({ from, replica, reason, detail });
  }

  private settle(pending: Pending, outcome: ValidatorOutcome): void {
    if (!this.pending.delete(pending.digest)) return;
    pending.cancelRetry();
    pending.cancelDeadline();
    if (outcome.type === 'certified') this.counts.certified++;
    else if (outcome.type === 'timeout') this.counts.timedOut++;
    else this.counts.refused += pending.waiters.length;
    for (const done of pending.waiters) done(outcome);
  }
}

import type { Digest } from '../base/digest.ts';
import type { Random } from '../base/random.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { limits } from '../pbft/limits.ts';
import { encodeMessage } from '../pbft/message-codec.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { ValidatorSet, VerifyVote } from '../pbft/replica.ts';
import { type Address, type Network, replicaAddress, type Timers } from '../runtime/ports.ts';
import type { Validator, ValidatorOutcome } from '../runtime/validator.ts';
import { attemptsThatSpare, maxWaitersPerRequest } from './limits.ts';
import { checkReply, type IgnoredReply, replicaBehind } from './reply-check.ts';
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
  readonly validators: ValidatorSet;
  /** Checks votes of `validators`; hand in a shared {@link rememberVotes} to check each once. */
  readonly verify: VerifyVote;
  readonly policy: RetryPolicy;
  /** Told of every reply that did not count, for strikes; `replica` is null for a stranger's. */
  readonly onIgnored?: (ignored: IgnoredFrame) => void;
}

export interface IgnoredFrame {
  readonly from: Address;
  readonly replica: ReplicaIndex | null;
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
  /** Per replica index: replies that did not count, by reason. */
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
  private stopped = false;

  /** Takes the network's one receiver: no one else may listen on this port. */
  constructor(options: ValidationOptions) {
    this.options = options;
    this.ignored = options.validators.publicKeys.map(() => ({}));
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
    if (operation.length > limits.operationBytes) return 'tooLarge';
    const full =
      known === undefined
        ? this.pending.size >= this.options.policy.maxInFlight
        : known.waiters.length >= maxWaitersPerRequest;
    return full ? 'overloaded' : null;
  }

  private launch(digest: Digest, operation: Uint8Array, done: Done): void {
    const { policy, timers, validators } = this.options;
    const pending: Pending = {
      digest,
      frame: encodeMessage({ type: 'request', operation }),
      tally: new Tally(validators.publicKeys.length),
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
    const { network, policy, random, timers, validators } = this.options;
    pending.attempts++;
    for (let replica = 0; replica < validators.publicKeys.length; replica++) {
      if (pending.attempts <= attemptsThatSpare && pending.tally.hasHeard(replica)) continue;
      if (pending.attempts > 1) this.counts.retransmitted++;
      network.send(replicaAddress(replica), pending.frame);
    }
    const delayMs = retryDelayMs(policy, pending.attempts, random);
    pending.cancelRetry = timers.after(delayMs, () => this.send(pending));
  }

  private onFrame(from: Address, frame: Uint8Array): void {
    const { validators, verify } = this.options;
    const replica = replicaBehind(from, validators);
    if (replica === null) {
      this.counts.foreign++;
      this.options.onIgnored?.({ from, replica, reason: 'foreign', detail: 'no replica' });
      return;
    }
    const isAsked = (digest: Digest) => this.pending.has(digest);
    const checked = checkReply(replica, frame, isAsked, validators, verify);
    if (!checked.ok) {
      this.ignore(replica, checked.ignored, checked.detail);
      return;
    }
    for (const answer of checked.answers) {
      // Settling one request runs its caller, who may stop this client or settle others.
      const pending = this.pending.get(answer.requestDigest);
      if (pending === undefined) continue;
      const added = pending.tally.add(checked.reply, answer);
      if (added === 'contradiction') {
        const detail = `a second word about ${pending.digest.slice(0, 8)}`;
        this.ignore(replica, 'contradiction', detail);
      }
      const certified = added === 'counted' ? pending.tally.certified() : null;
      if (certified !== null) this.settle(pending, { type: 'certified', certified });
    }
  }

  private ignore(replica: ReplicaIndex, reason: IgnoredReply, detail: string): void {
    const counts = this.ignored[replica];
    if (counts !== undefined) counts[reason] = (counts[reason] ?? 0) + 1;
    this.options.onIgnored?.({ from: replicaAddress(replica), replica, reason, detail });
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

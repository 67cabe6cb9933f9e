import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { NodeStatus } from '../node/status.ts';
import type { Requirements } from '../proofs/request.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { CertifiedAnswer, Validator } from '../runtime/validator.ts';
import type { AnswerStore } from './answer-store.ts';
import {
  type Done,
  type Flight,
  flightKey,
  makeFlight,
  recordOf,
  resumedFlight,
  type Waiter,
} from './flight.ts';
import { type Judgement, judgeAnswer, membersThatSigned } from './judgement.ts';
import { maxForgedAnswers, maxWaitersPerRequest } from './limits.ts';
import { measureFlight } from './measure.ts';
import { QuorumSight } from './quorum-sight.ts';
import type { ServiceLimits, ServiceOutcome, Submission, Unavailable } from './service-types.ts';
import {
  type Measured,
  undecidedResult,
  type ValidationResultJson,
} from './wire/validation-result.ts';

export interface ServiceOptions {
  readonly validator: Validator;
  /** The epochs that `validator` follows. */
  readonly epochs: EpochChain;
  /** The cluster's profile. */
  readonly requirements: Requirements;
  readonly store: AnswerStore;
  readonly status: () => NodeStatus;
  /** Milliseconds since 1970. */
  readonly clock: Clock;
  /** Never set back: for what took how long. */
  readonly monotonic: Clock;
  readonly timers: Timers;
  readonly limits: ServiceLimits;
  readonly observer?: ServiceObserver;
}

/** A reader of what the service does: metrics and logs. */
export interface ServiceObserver {
  onAnswered?(result: ValidationResultJson): void;
  onUnavailable?(reason: Unavailable): void;
  onConflict?(): void;
}

/** How often waiters are told that the quorum is gone. */
const lookMs = 250;
/** Before what the validator would not take is handed to it again. */
const holdMs = 100;

/** `known`: its answer, or the flight that fetches it. `decided`: it will not be another one. */
interface Fleeting {
  readonly bodyDigest: string;
  readonly known: string | Flight;
  readonly decided: boolean;
}

/**
 * The ConsensusValidationService of one node: bodies in, quorum-certified answers out.
 *
 * - One request id is one decision. The same body joins the flight that is under way, or is told
 *   what was told before, also after a restart; another body is a conflict, and that is found out
 *   by the ledger where this node never saw the first.
 * - What nobody signed uses up nobody's id: its answer binds only those who did not sign either.
 * - Nothing is said that a quorum did not certify; without one the service says that.
 * - Bounded everywhere: what does not fit is refused at once, and so is everything while the first
 *   in the queue waits too long.
 */
export class ConsensusValidationService {
  private readonly options: ServiceOptions;
  private readonly sight: QuorumSight;
  /** Signed bodies under way, by request id; the others by operation. */
  private readonly flights = new Map<string, Flight>();
  private readonly queue: Flight[] = [];
  private inFlight = 0;
  /** What is known of bodies that leave no record: forged ones, and those given up. */
  private readonly fleeting = new Map<string, Fleeting>();
  private typicalMs = 1_000;
  private cancelLook: (() => void) | null = null;
  private stopped = false;

  constructor(options: ServiceOptions) {
    this.options = options;
    this.sight = new QuorumSight(options.status, options.monotonic);
  }

  /** Takes up what was accepted before a restart. Once, before anything is submitted. */
  start(done: (error: Error | null) => void): void {
    this.options.store.load((error, pending) => {
      const nowMs = this.options.monotonic.nowMs();
      for (const kept of pending) this.launch(resumedFlight(kept, nowMs));
      done(error);
    });
  }

  get status(): NodeStatus {
    return this.sight.status;
  }

  get seesQuorum(): boolean {
    return !this.sight.isLost(this.options.limits.quorumGraceMs);
  }

  get depths(): { readonly inFlight: number; readonly queued: number; readonly kept: number } {
    const { inFlight, queue, options } = this;
    return { inFlight, queued: queue.length, kept: options.store.size };
  }

  /** What an id stands for here: nothing yet, this very body, or another one. */
  lookUp({ requestId, bodyDigest }: Pick<Submission, 'requestId' | 'bodyDigest'>) {
    const flight = this.flights.get(requestId);
    const known = flight?.submission ?? this.options.store.find(requestId);
    if (known === null) return 'new';
    return known.bodyDigest === bodyDigest ? 'same' : 'other';
  }

  /**
   * Asks for a decision; calls back once, by the deadline at the latest. `respondAsync`: calls back
   * as soon as the request is kept, or with its answer when there is one already.
   */
  submit(submission: Submission, respondAsync: boolean, done: Done): void {
    const told = this.tell(done);
    if (this.stopped) return told(this.unavailable('stopping'));
    const { store } = this.options;
    if (store.failed) return told(this.unavailable('storeFailed'));
    const { requestId, bodyDigest, authentic } = submission;
    const kept = store.find(requestId);
    if (this.lookUp(submission) === 'other') return told({ type: 'conflict' });
    if (kept !== null && kept.answer !== null && kept.bodyDigest === bodyDigest) {
      return told({ type: 'answered', text: kept.answer });
    }
    const forged = authentic ? undefined : this.fleeting.get(requestId);
    if (forged?.decided === true && typeof forged.known === 'string') {
      if (forged.bodyDigest !== bodyDigest) return told({ type: 'conflict' });
      return told({ type: 'answered', text: forged.known });
    }
    const flight = this.flights.get(flightKey(submission, authentic)) ?? this.take(submission);
    if (typeof flight === 'string') return told(this.unavailable(flight));
    if (flight.waiters.size >= maxWaitersPerRequest) return told(this.unavailable('saturated'));
    if (respondAsync) this.accept(flight, told);
    else this.wait(flight, told);
  }

  /** The answer under this id as it stands: its JSON, or null for an id that is not known. */
  statusOf(requestId: string): string | null {
    const kept = this.options.store.find(requestId);
    if (kept !== null && kept.answer !== null) return kept.answer;
    const known = this.flights.get(requestId) ?? this.fleeting.get(requestId)?.known ?? null;
    if (known === null || typeof known === 'string') return known;
    return JSON.stringify(this.pendingResult(known));
  }

  /** What to say of a body that is under way: for those that were not waited for. */
  pendingOf(submission: Submission): ValidationResultJson | null {
    const flight = this.flights.get(flightKey(submission, submission.authentic));
    return flight === undefined ? null : this.pendingResult(flight);
  }

  private get waiting(): number {
    let count = 0;
    for (const { waiters } of this.flights.values()) count += waiters.size;
    return count;
  }

  /** Ends every wait; what comes in later concerns nobody here. What was kept is asked anew. */
  stop(): void {
    this.stopped = true;
    this.queue.length = 0;
    this.cancelLook?.();
    this.cancelLook = null;
    for (const flight of this.flights.values()) this.release(flight, this.unavailable('stopping'));
  }

  private take(submission: Submission): Flight | Unavailable {
    const { limits, clock, monotonic } = this.options;
    if (!this.seesQuorum) return 'noQuorum';
    const head = this.queue[0];
    const late = head !== undefined && monotonic.nowMs() - head.arrivedMs > limits.maxQueueWaitMs;
    if (late || this.queue.length >= limits.maxQueued) return 'saturated';
    const { authentic } = submission;
    const now = { takenAtMs: clock.nowMs(), arrivedMs: monotonic.nowMs() };
    return this.launch(makeFlight(submission, { authentic, ...now, kept: false }));
  }

  private launch(flight: Flight): Flight {
    this.flights.set(flight.key, flight);
    this.queue.push(flight);
    this.dispatch();
    return flight;
  }

  private dispatch(): void {
    while (this.inFlight < this.options.limits.maxInFlight) {
      const flight = this.queue.shift();
      if (flight === undefined) return;
      this.inFlight += 1;
      this.ask(flight);
    }
  }

  private ask(flight: Flight): void {
    const { validator, monotonic, timers, limits } = this.options;
    flight.startedMs ??= monotonic.nowMs();
    validator.submit(flight.submission.operation, (outcome) => {
      if (this.stopped) return;
      if (outcome.type === 'certified') return this.onCertified(flight, outcome.certified);
      if (outcome.type === 'refused' && outcome.reason !== 'overloaded') {
        return this.giveUp(flight, `not sent: ${outcome.reason}`);
      }
      if (monotonic.nowMs() - flight.arrivedMs > limits.pendingKeepMs) {
        return this.giveUp(flight, 'no quorum answered');
      }
      // What was taken is asked again until it is decided.
      timers.after(outcome.type === 'timeout' ? 0 : holdMs, () => {
        if (this.flights.get(flight.key) === flight) this.ask(flight);
      });
    });
  }

  private onCertified(flight: Flight, certified: CertifiedAnswer): void {
    const { epochs, requirements } = this.options;
    const n = membersThatSigned(epochs, certified);
    const measured = this.measure(flight, n, true);
    this.typicalMs += (measured.validationTimeUs / 1000 - this.typicalMs) / 16;
    const { requestId, asked } = flight.submission;
    const judged = { requestId, digest: flight.digest, asked, certified };
    const judgement = judgeAnswer(judged, { epochs, requirements }, measured, this.sight.status);
    this.land();
    this.conclude(flight, judgement);
  }

  private conclude(flight: Flight, judgement: Judgement): void {
    if (judgement.type === 'conflict') return this.onUsedId(flight);
    const { result } = judgement;
    const text = JSON.stringify(result);
    this.options.observer?.onAnswered?.(result);
    if (flight.authentic && judgement.type === 'decided') return this.keepAnswer(flight, text);
    const decided = !flight.authentic && judgement.type === 'decided';
    this.rememberFleeting(flight, text, decided);
    this.release(flight, { type: 'answered', text });
  }

  /** The ledger knows the id, by another node or from before: the decision is another body's. */
  private onUsedId(flight: Flight): void {
    if (!flight.kept) return this.release(flight, { type: 'conflict' });
    const { requestId } = flight.submission;
    const measured = this.measure(flight, this.sight.status.n, true);
    const message = 'the request id has the decision of another request';
    const result = undecidedResult({ requestId, digest: flight.digest }, measured, {
      status: 'error',
      error_code: 'conflict',
      message,
    });
    this.keepAnswer(flight, JSON.stringify(result));
  }

  /** On disk first: what somebody was told is told again, whatever happens to this process. */
  private keepAnswer(flight: Flight, text: string): void {
    this.options.store.keep(recordOf(flight, text), (error) => {
      if (error === null) this.release(flight, { type: 'answered', text });
      else this.release(flight, this.unavailable('storeFailed'));
    });
  }

  /** Not a decision, so nothing that is kept: the same body may be asked again. */
  private giveUp(flight: Flight, message: string): void {
    this.land();
    const { requestId } = flight.submission;
    const about = { requestId, digest: flight.digest };
    const measured = this.measure(flight, this.sight.status.n, false);
    const result = undecidedResult(about, measured, { status: 'timeout', message });
    this.options.observer?.onAnswered?.(result);
    this.rememberFleeting(flight, JSON.stringify(result));
    this.release(flight, this.unavailable('deadline'));
  }

  /** Its place is free for the next. */
  private land(): void {
    this.inFlight -= 1;
    this.dispatch();
  }

  /** The end of a flight: all who wait for it are told, and it is under way no more. */
  private release(flight: Flight, outcome: ServiceOutcome): void {
    this.flights.delete(flight.key);
    for (const { done, cancelDeadline } of flight.waiters) {
      cancelDeadline();
      done(outcome);
    }
    flight.waiters.clear();
  }

  private wait(flight: Flight, done: Done): void {
    const { timers, limits } = this.options;
    const cancelDeadline = timers.after(limits.deadlineMs, () => {
      flight.waiters.delete(waiter);
      done(this.unavailable(this.seesQuorum ? 'deadline' : 'noQuorum'));
    });
    const waiter: Waiter = { done, cancelDeadline };
    flight.waiters.add(waiter);
    this.cancelLook ??= timers.after(lookMs, () => this.look());
  }

  /** While somebody waits: a quorum that is gone is said, and not waited for to the deadline. */
  private look(): void {
    this.cancelLook = null;
    if (!this.seesQuorum) {
      for (const flight of this.flights.values()) {
        for (const waiter of [...flight.waiters]) {
          flight.waiters.delete(waiter);
          waiter.cancelDeadline();
          waiter.done(this.unavailable('noQuorum'));
        }
      }
    }
    if (this.waiting > 0) this.cancelLook = this.options.timers.after(lookMs, () => this.look());
  }

  /** On disk first: an accepted request is decided, whatever happens to this process. */
  private accept(flight: Flight, done: Done): void {
    if (!flight.authentic) this.rememberFleeting(flight, flight);
    if (flight.kept || !flight.authentic) return done({ type: 'accepted' });
    this.options.store.keep(recordOf(flight, null), (error) => {
      flight.kept = error === null;
      done(error === null ? { type: 'accepted' } : this.unavailable('storeFailed'));
    });
  }

  private rememberFleeting(about: Flight, known: string | Flight, decided = false): void {
    const { requestId, bodyDigest } = about.submission;
    this.fleeting.delete(requestId);
    this.fleeting.set(requestId, { bodyDigest, known, decided });
    const oldest = this.fleeting.keys().next().value;
    if (this.fleeting.size > maxForgedAnswers && oldest !== undefined) this.fleeting.delete(oldest);
  }

  private pendingResult(flight: Flight): ValidationResultJson {
    const { clock, limits, monotonic } = this.options;
    const elapsedMs = monotonic.nowMs() - flight.arrivedMs;
    const expectedMs = this.seesQuorum ? Math.max(lookMs, this.typicalMs - elapsedMs) : 0;
    const inMs = expectedMs || limits.quorumGraceMs + this.typicalMs;
    const { requestId } = flight.submission;
    const measured = this.measure(flight, this.sight.status.n, false);
    return undecidedResult({ requestId, digest: flight.digest }, measured, {
      status: 'pending',
      estimated_completion: new Date(clock.nowMs() + inMs).toISOString(),
    });
  }

  /** What this node measured of a flight up to now; null: of a body that never became one. */
  measure(flight: Flight | null, n: number, certified: boolean): Measured {
    const { maxInFlight, maxQueued } = this.options.limits;
    const serviceLoad = (this.inFlight + this.queue.length) / (maxInFlight + maxQueued);
    const nowMs = this.options.monotonic.nowMs();
    return measureFlight(flight, nowMs, this.sight.status, { n, certified, serviceLoad });
  }

  private unavailable(reason: Unavailable): ServiceOutcome {
    const { quorumGraceMs } = this.options.limits;
    const retryAfterMs = reason === 'saturated' || reason === 'deadline' ? 1_000 : quorumGraceMs;
    return { type: 'unavailable', reason, retryAfterMs };
  }

  /** Counts what is told on its way to whoever asked. */
  private tell(done: Done): Done {
    return (outcome) => {
      const { observer } = this.options;
      if (outcome.type === 'unavailable') observer?.onUnavailable?.(outcome.reason);
      if (outcome.type === 'conflict') observer?.onConflict?.();
      done(outcome);
    };
  }
}

import { decodeResult, type OperationResult } from '../ledger/result.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { CertifiedAnswer, Validator } from '../runtime/validator.ts';
import type { Unavailable } from './service-types.ts';

export type DeskOutcome =
  | {
      readonly type: 'answered';
      readonly certified: CertifiedAnswer;
      readonly result: OperationResult;
    }
  | { readonly type: 'unavailable'; readonly reason: Unavailable };

export interface OperationDeskOptions {
  readonly validator: Validator;
  readonly seesQuorum: () => boolean;
  readonly timers: Timers;
  /** Operations under way at the same time; one more is refused. */
  readonly maxInFlight: number;
  readonly deadlineMs: number;
}

/** How often it is looked whether the quorum is still there. */
const lookMs = 250;

/**
 * Orders operations of the ledger that are no validation: enrolments, deposits, nops. They have no
 * request id; the same bytes have the same answer, by the ledger's own rule.
 */
export class OperationDesk {
  private readonly options: OperationDeskOptions;
  private inFlight = 0;
  private stopped = false;

  constructor(options: OperationDeskOptions) {
    this.options = options;
  }

  get depth(): number {
    return this.inFlight;
  }

  /** Calls back once, by the deadline at the latest. */
  order(operation: Uint8Array, done: (outcome: DeskOutcome) => void): void {
    const refused = this.refusal();
    if (refused !== null) return done({ type: 'unavailable', reason: refused });
    const { validator, timers, deadlineMs } = this.options;
    this.inFlight += 1;
    let told = false;
    let cancelLook = (): void => {};
    const tell = (outcome: DeskOutcome): void => {
      if (told) return;
      told = true;
      cancelLook();
      cancelDeadline();
      done(outcome);
    };
    const cancelDeadline = timers.after(deadlineMs, () => {
      tell({ type: 'unavailable', reason: 'deadline' });
    });
    const look = (): void => {
      if (!this.options.seesQuorum()) return tell({ type: 'unavailable', reason: 'noQuorum' });
      cancelLook = timers.after(lookMs, look);
    };
    cancelLook = timers.after(lookMs, look);
    const ask = (): void => {
      validator.submit(operation, (outcome) => {
        // Asked again as long as somebody waits: what times out may have been lost on the way.
        if (outcome.type === 'timeout' && !told) return ask();
        this.inFlight -= 1;
        if (outcome.type === 'certified') return tell(read(outcome.certified));
        const stopped = outcome.type === 'refused' && outcome.reason === 'stopped';
        tell({ type: 'unavailable', reason: stopped ? 'stopping' : 'saturated' });
      });
    };
    ask();
  }

  stop(): void {
    this.stopped = true;
  }

  private refusal(): Unavailable | null {
    if (this.stopped) return 'stopping';
    if (!this.options.seesQuorum()) return 'noQuorum';
    return this.inFlight >= this.options.maxInFlight ? 'saturated' : null;
  }
}

function read(certified: CertifiedAnswer): DeskOutcome {
  const decoded = decodeResult(certified.answer.result);
  // A quorum of the replicas does not sign what no replica can read; were it so, nobody is told.
  if (!decoded.ok) return { type: 'unavailable', reason: 'deadline' };
  return { type: 'answered', certified, result: decoded.value };
}

/** What a request must be made with, by the newest answer that said so. */
export type Terms = Extract<DeskOutcome, { type: 'answered' }>;

/** Asks the cluster for its terms, at most once in `maxAgeMs` however many want to know. */
export class TermsDesk {
  private readonly desk: OperationDesk;
  private readonly clock: Clock;
  private readonly makeNop: () => Uint8Array;
  private readonly maxAgeMs: number;
  private last: { readonly terms: Terms; readonly atMs: number } | null = null;
  private waiting: ((outcome: DeskOutcome) => void)[] = [];

  /** `clock`: never set back. `makeNop`: a new nop each time, or the old answer would come back. */
  constructor(desk: OperationDesk, clock: Clock, makeNop: () => Uint8Array, maxAgeMs: number) {
    this.desk = desk;
    this.clock = clock;
    this.makeNop = makeNop;
    this.maxAgeMs = maxAgeMs;
  }

  get(done: (outcome: DeskOutcome) => void): void {
    const { last } = this;
    if (last !== null && this.clock.nowMs() - last.atMs < this.maxAgeMs) return done(last.terms);
    this.waiting.push(done);
    if (this.waiting.length > 1) return;
    this.desk.order(this.makeNop(), (outcome) => {
      if (outcome.type === 'answered') this.last = { terms: outcome, atMs: this.clock.nowMs() };
      for (const told of this.waiting.splice(0)) told(outcome);
    });
  }
}

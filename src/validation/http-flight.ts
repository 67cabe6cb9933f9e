import type { Digest } from '../base/digest.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import type { Endpoint } from './http-endpoint.ts';
import {
  type AbortReason,
  type EndpointFault,
  type Fault,
  isFinal,
  NoAnswer,
  type NoAnswerCode,
} from './http-fault.ts';
import type { HttpQuestion } from './http-transport.ts';

/** One question under way, however many wait for its answer. */
export class Flight {
  readonly digest: Digest;
  readonly question: HttpQuestion;
  readonly deadlineMs: number;
  readonly answer: Promise<CertifiedAnswer>;
  readonly land: (answer: CertifiedAnswer) => void;
  readonly fail: (error: NoAnswer) => void;
  /** Callers that still wait. */
  waiters = 0;
  private readonly controller = new AbortController();
  private readonly faults = new Map<Endpoint, EndpointFault>();
  /** Why it was ended from our side, null while it was not. */
  private endedBy: NoAnswer | null = null;

  constructor(digest: Digest, question: HttpQuestion, deadlineMs: number) {
    this.digest = digest;
    this.question = question;
    this.deadlineMs = deadlineMs;
    const { promise, resolve, reject } = Promise.withResolvers<CertifiedAnswer>();
    this.answer = promise;
    this.land = resolve;
    this.fail = reject;
    // Whoever waits hears of it; when nobody waits any more, nobody needs to.
    promise.catch(() => {});
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  note(endpoint: Endpoint, fault: Fault): void {
    const before = this.faults.get(endpoint);
    const asked = fault.kind === 'resting' || fault.kind === 'cancelled' ? 0 : 1;
    const attempts = (before?.attempts ?? 0) + asked;
    // What it did says more than that it is left alone for that.
    const told = asked === 0 && before !== undefined ? before : fault;
    this.faults.set(endpoint, { ...told, endpoint: endpoint.name, attempts });
  }

  /** Whether asking this endpoint (again) can heal anything. */
  mayAsk(endpoint: Endpoint): boolean {
    const fault = this.faults.get(endpoint);
    return fault === undefined || !isFinal(fault);
  }

  /** Ends all attempts under way. */
  abort(reason: AbortReason, code: NoAnswerCode, what: string): void {
    if (this.signal.aborted) return;
    this.endedBy = new NoAnswer(code, what);
    this.controller.abort(reason);
  }

  /** Why there is no answer, with what each endpoint did by now. */
  noAnswer(): NoAnswer {
    const { code, message } = this.endedBy ?? {
      code: 'HYPERMESH_NO_ANSWER',
      message: 'no endpoint gave an answer that proves itself',
    };
    return new NoAnswer(code as NoAnswerCode, message, [...this.faults.values()]);
  }
}

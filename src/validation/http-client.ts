import { randomBytes } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { Random } from '../base/random.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { validateOperation } from '../ledger/operation.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { limits } from '../pbft/limits.ts';
import type { CertificateRequest } from '../proofs/request.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import { monotonicClock } from '../runtime/system-clock.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import type { CertifiedAnswer, Validator, ValidatorOutcome } from '../runtime/validator.ts';
import { AnswerCache } from './answer-cache.ts';
import { HedgeBudget } from './hedge-budget.ts';
import { askOnce } from './http-attempt.ts';
import { Endpoint, type EndpointStatistics } from './http-endpoint.ts';
import { type Fault, NoAnswer, type NoAnswerCode } from './http-fault.ts';
import { Flight } from './http-flight.ts';
import { type HttpPolicy, localhostHttpPolicy } from './http-policy.ts';
import { questionOf } from './http-question.ts';
import { race } from './http-race.ts';
import { type CertifiedResult, readCertifiedResult } from './http-result.ts';
import { type HttpTransport, type TransportOptions, UndiciTransport } from './http-transport.ts';
import { maxEndpoints, maxRememberedAnswers, maxWaitersPerRequest } from './limits.ts';
import { retryDelayMs } from './retry-policy.ts';

export interface HttpValidatorOptions {
  /** Base addresses of nodes of one cluster, `http:` or `https:`, each once. */
  readonly endpoints: readonly (string | URL)[];
  /**
   * The validators it trusts, and what follows from them. It takes up the epochs that nodes prove;
   * several clients may share one chain.
   */
  readonly epochs: EpochChain;
  /** Default: the localhost profile. */
  readonly policy?: HttpPolicy;
  /** Authorities, client certificate, token; not used with a `transport` of one's own. */
  readonly connection?: Omit<TransportOptions, 'verifyTls'>;
  /** Told of everything an endpoint did instead of answering, for logs and strikes. */
  readonly onFault?: (fault: Fault & { readonly endpoint: string }) => void;
  readonly transport?: HttpTransport;
  /** For intervals: never set back. */
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
}

export interface HttpValidatorStatistics {
  readonly submitted: number;
  readonly certified: number;
  /** Answered from memory, or by a question already under way. */
  readonly cached: number;
  readonly joined: number;
  /** By what {@link NoAnswer} says. */
  readonly failed: Readonly<Partial<Record<NoAnswerCode, number>>>;
  /** Rounds over the endpoints after a question's first. */
  readonly retries: number;
  readonly inFlight: number;
  readonly remembered: number;
  readonly endpoints: readonly EndpointStatistics[];
}

/**
 * The client role over HTTP: asks one node after the other until one of them hands over an answer
 * that a quorum of the trusted validators signed. It believes no node: what is not under their
 * signatures is not read. One question is one decision, so it may be asked of all nodes at once.
 */
export class HttpValidator implements Validator {
  private readonly options: HttpValidatorOptions;
  private readonly policy: HttpPolicy;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly random: Random;
  private readonly transport: HttpTransport;
  private readonly endpoints: readonly Endpoint[];
  private readonly flights = new Map<Digest, Flight>();
  private readonly cache: AnswerCache<CertifiedAnswer>;
  private readonly hedges = new HedgeBudget();
  private readonly counts = { submitted: 0, certified: 0, cached: 0, joined: 0, retries: 0 };
  private readonly failed: Partial<Record<NoAnswerCode, number>> = {};
  /** Index of the endpoint that is asked first: the one that answered last. */
  private preferred: number;
  private stopped = false;

  constructor(options: HttpValidatorOptions) {
    this.options = options;
    this.policy = options.policy ?? localhostHttpPolicy;
    this.clock = options.clock ?? monotonicClock;
    this.timers = options.timers ?? systemTimers;
    this.random = options.random ?? new Random(toHex(randomBytes(16)));
    const { verifyTls, cacheMs } = this.policy;
    this.transport = options.transport ?? new UndiciTransport({ ...options.connection, verifyTls });
    this.endpoints = readEndpoints(options.endpoints).map((url) => new Endpoint(url, this.clock));
    this.cache = new AnswerCache(this.clock, cacheMs, maxRememberedAnswers);
    // Clients of one cluster begin with different nodes.
    this.preferred = this.random.below(this.endpoints.length);
  }

  get statistics(): HttpValidatorStatistics {
    return {
      ...this.counts,
      failed: { ...this.failed },
      inFlight: this.flights.size,
      remembered: this.cache.size,
      endpoints: this.endpoints.map(({ statistics }) => statistics),
    };
  }

  /** {@link Validator}: `done` is called once, never before this returns. */
  submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void): void {
    this.ask(operation).then(
      (certified) => done({ type: 'certified', certified }),
      (error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error;
        done(outcomeOf(error));
      },
    );
  }

  /**
   * The certified answer to an operation. Rejects with {@link NoAnswer} and nothing else. Aborting
   * `signal` ends this caller's wait; the question goes on while others wait for it.
   */
  async ask(operation: Uint8Array, signal?: AbortSignal): Promise<CertifiedAnswer> {
    this.counts.submitted++;
    try {
      const answer = await this.find(operation, signal);
      this.counts.certified++;
      return answer;
    } catch (error) {
      if (error instanceof NoAnswer) this.failed[error.code] = (this.failed[error.code] ?? 0) + 1;
      throw error;
    }
  }

  /** As {@link ask}, with the result the quorum signed read out of the answer. */
  async execute(operation: Uint8Array, signal?: AbortSignal): Promise<CertifiedResult> {
    return readCertifiedResult(await this.ask(operation, signal));
  }

  /** As {@link execute}, for a certificate request: valid or not is what the quorum signed. */
  validate(request: CertificateRequest, signal?: AbortSignal): Promise<CertifiedResult> {
    return this.execute(validateOperation(request), signal);
  }

  /** Ends every wait and refuses what comes after. Resolves when all connections are closed. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const flight of this.flights.values()) {
      flight.abort('notNeeded', 'HYPERMESH_STOPPED', 'the client was stopped');
    }
    await this.transport.close();
  }

  private async find(operation: Uint8Array, signal?: AbortSignal): Promise<CertifiedAnswer> {
    const digest = requestDigest(operation);
    const refusal = this.refusal(operation, digest, signal);
    if (refusal !== null) throw refusal;
    const cached = this.cache.get(digest);
    if (cached !== null) {
      this.counts.cached++;
      return cached;
    }
    const known = this.flights.get(digest);
    if (known !== undefined) this.counts.joined++;
    const flight = known ?? this.launch(digest, operation);
    return this.wait(flight, signal);
  }

  private refusal(operation: Uint8Array, digest: Digest, signal?: AbortSignal): NoAnswer | null {
    if (this.stopped) return new NoAnswer('HYPERMESH_STOPPED', 'the client was stopped');
    if (signal?.aborted) return new NoAnswer('HYPERMESH_CANCELLED', 'cancelled by its caller');
    const { clientOperationBytes: most } = limits;
    if (operation.length > most) {
      const what = `an operation of ${operation.length} bytes, at most ${most}`;
      return new NoAnswer('HYPERMESH_TOO_LARGE', what);
    }
    const known = this.flights.get(digest);
    const { maxInFlight } = this.policy;
    if (known === undefined && this.flights.size >= maxInFlight) {
      return new NoAnswer('HYPERMESH_OVERLOADED', `${maxInFlight} questions are under way`);
    }
    if (known !== undefined && known.waiters >= maxWaitersPerRequest) {
      return new NoAnswer('HYPERMESH_OVERLOADED', `${known.waiters} callers wait for this answer`);
    }
    return null;
  }

  private async wait(flight: Flight, signal?: AbortSignal): Promise<CertifiedAnswer> {
    flight.waiters++;
    // Waits to the end, so nobody has to count it out again.
    if (signal === undefined) return flight.answer;
    const { promise, reject } = Promise.withResolvers<never>();
    const cancel = (): void =>
      reject(new NoAnswer('HYPERMESH_CANCELLED', 'cancelled by its caller'));
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await Promise.race([flight.answer, promise]);
    } finally {
      signal.removeEventListener('abort', cancel);
      flight.waiters--;
      if (flight.waiters === 0) {
        flight.abort('notNeeded', 'HYPERMESH_CANCELLED', 'nobody waits any more');
        this.forget(flight);
      }
    }
  }

  private launch(digest: Digest, operation: Uint8Array): Flight {
    const { timeoutMs } = this.policy;
    const flight = new Flight(
      digest,
      questionOf(operation, Date.now()),
      this.clock.nowMs() + timeoutMs,
    );
    this.flights.set(digest, flight);
    this.hedges.earn();
    const cancelDeadline = this.timers.after(timeoutMs, () => {
      flight.abort('outOfTime', 'HYPERMESH_DEADLINE', `no proven answer within ${timeoutMs} ms`);
    });
    void this.fly(flight).then((answer) => {
      cancelDeadline();
      this.forget(flight);
      if (answer === null) return flight.fail(flight.noAnswer());
      this.cache.set(digest, answer);
      flight.land(answer);
    });
    return flight;
  }

  /** The next who asks this begins anew. */
  private forget(flight: Flight): void {
    if (this.flights.get(flight.digest) === flight) this.flights.delete(flight.digest);
  }

  /** Round after round, until there is an answer or none can come in time. */
  private async fly(flight: Flight): Promise<CertifiedAnswer | null> {
    for (let round = 1; ; round++) {
      const answer = await this.askAll(flight);
      if (answer !== null) return answer;
      const waitMs = this.waitBeforeRetry(flight, round);
      if (waitMs === null || !(await this.sleep(waitMs, flight.signal))) return null;
      this.counts.retries++;
    }
  }

  private askAll(flight: Flight): Promise<CertifiedAnswer | null> {
    const { timers, policy, transport } = this;
    const { epochs } = this.options;
    const { attemptMs, hedgeMs } = policy;
    return race<Endpoint, CertifiedAnswer>({
      endpoints: this.inOrder().filter((endpoint) => flight.mayAsk(endpoint)),
      timers,
      attemptMs,
      hedgeMs,
      mayHedge: () => this.hedges.spend(),
      signal: flight.signal,
      ask: async (endpoint, signal) => {
        const attempt = await askOnce({ endpoint, transport, epochs, flight, signal });
        if (attempt.ok) this.preferred = this.endpoints.indexOf(endpoint);
        else this.noteFault(flight, endpoint, attempt.fault);
        return attempt;
      },
    });
  }

  private noteFault(flight: Flight, endpoint: Endpoint, fault: Fault): void {
    flight.note(endpoint, fault);
    if (fault.kind === 'resting' || fault.kind === 'cancelled') return;
    this.options.onFault?.({ ...fault, endpoint: endpoint.name });
  }

  private inOrder(): readonly Endpoint[] {
    const { endpoints, preferred } = this;
    return [...endpoints.slice(preferred), ...endpoints.slice(0, preferred)];
  }

  /**
   * Full jitter, and not before some endpoint may be asked again; null when retries are used up,
   * nobody is left who could answer, or the deadline comes first.
   */
  private waitBeforeRetry(flight: Flight, round: number): number | null {
    if (flight.signal.aborted || round > this.policy.retries) return null;
    const free = this.endpoints
      .filter((endpoint) => flight.mayAsk(endpoint))
      .map(({ breaker }) => breaker.freeAtMs);
    const nowMs = this.clock.nowMs();
    const delayMs = retryDelayMs(this.policy, round, this.random);
    const waitMs = Math.max(delayMs, Math.min(...free) - nowMs);
    return nowMs + waitMs < flight.deadlineMs ? waitMs : null;
  }

  /** False when it was woken up to end. */
  private sleep(delayMs: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = this.timers.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    return promise;
  }
}

function outcomeOf(error: NoAnswer): ValidatorOutcome {
  switch (error.code) {
    case 'HYPERMESH_OVERLOADED':
      return { type: 'refused', reason: 'overloaded' };
    case 'HYPERMESH_TOO_LARGE':
      return { type: 'refused', reason: 'tooLarge' };
    case 'HYPERMESH_STOPPED':
      return { type: 'refused', reason: 'stopped' };
    default:
      return { type: 'timeout', detail: error.message };
  }
}

function readEndpoints(given: readonly (string | URL)[]): readonly URL[] {
  assert(given.length > 0 && given.length <= maxEndpoints, `1 to ${maxEndpoints} endpoints`);
  const urls = given.map((endpoint) => {
    const url = URL.parse(String(endpoint));
    assert(url !== null && /^https?:$/.test(url.protocol), `${endpoint}: no http or https address`);
    return url;
  });
  const names = new Set(urls.map(({ href }) => href));
  assert(names.size === urls.length, 'an endpoint named twice');
  return urls;
}

/**
 * What an endpoint did instead of answering. Everything here is the endpoint's word or silence, so
 * it is returned, never thrown: the client notes it and asks the next.
 *
 * - `unreachable` no connection, or none that TLS accepts
 * - `silent` no answer begun within the attempt, `slow` one begun and not finished
 * - `closed` the connection broke in the middle
 * - `redirect` it sends us elsewhere: the list of endpoints is the caller's to write
 * - `tooLarge` more bytes than any honest answer has
 * - `malformed` another media type, no JSON, or JSON of another shape
 * - `shedding` busy or without quorum for now (429, 503)
 * - `failed` a server error (5xx)
 * - `undecided` it answered in form, and without a certificate
 * - `rejected` it says that the question is wrong (4xx): so it may be, but one endpoint's word is
 *   not enough
 * - `lying` its certificate does not prove what it shows, or its words contradict its certificate
 * - `resting` not asked: its breaker is open, or it told us when to come back
 * - `cancelled` asked in vain by ourselves: another answered first, or nobody waits any more
 */
export const faultKinds = [
  'unreachable',
  'silent',
  'slow',
  'closed',
  'redirect',
  'tooLarge',
  'malformed',
  'shedding',
  'failed',
  'undecided',
  'rejected',
  'lying',
  'resting',
  'cancelled',
] as const;

export type FaultKind = (typeof faultKinds)[number];

const maxDetailLength = 300;

export interface Fault {
  readonly kind: FaultKind;
  /** For people: what was found, and what was expected where that helps. */
  readonly detail: string;
  /** The endpoint asked not to be asked again for so long. */
  readonly retryAfterMs?: number;
}

export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

/** Much of a detail is the endpoint's own text: it must neither steer nor flood a terminal. */
export function faulty(kind: FaultKind, detail: string): { ok: false; fault: Fault } {
  const visible = detail.slice(0, maxDetailLength).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return { ok: false, fault: { kind, detail: visible } };
}

/** No use in asking this endpoint the same question again. */
export function isFinal({ kind }: Fault): boolean {
  return kind === 'rejected';
}

const blameless: ReadonlySet<FaultKind> = new Set([
  'rejected', // may be the asker's fault
  'shedding', // comes with a time of its own
  'resting',
  'cancelled',
]);

/** Whether the fault speaks of the endpoint's health. */
export function countsAgainst({ kind }: Fault): boolean {
  return !blameless.has(kind);
}

/** Why an attempt was ended from our side; the reason of its abort signal. */
export type AbortReason = 'outOfTime' | 'notNeeded';

/** One endpoint's part in a question that nobody answered. */
export interface EndpointFault extends Fault {
  readonly endpoint: string;
  /** How often it was asked. */
  readonly attempts: number;
}

export type NoAnswerCode =
  /** Every endpoint failed, and none can be expected to do better before the deadline. */
  | 'HYPERMESH_NO_ANSWER'
  | 'HYPERMESH_DEADLINE'
  /** Bounded in-flight: ask again later. */
  | 'HYPERMESH_OVERLOADED'
  /** The caller's own signal. */
  | 'HYPERMESH_CANCELLED'
  /** No replica would read an operation of this size. */
  | 'HYPERMESH_TOO_LARGE'
  | 'HYPERMESH_STOPPED';

/**
 * No certified answer; `faults` says what each endpoint did. The operation may have been decided
 * all the same: asking the same bytes again brings that decision.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly code: NoAnswerCode;
  readonly faults: readonly EndpointFault[];

  constructor(code: NoAnswerCode, what: string, faults: readonly EndpointFault[] = []) {
    const list = faults.map(({ endpoint, kind, detail, attempts }) => {
      const times = attempts === 1 ? '' : ` (asked ${attempts} times)`;
      return `\n  ${endpoint}: ${kind}: ${detail}${times}`;
    });
    super(`${what}${list.join('')}`);
    this.code = code;
    this.faults = faults;
  }
}

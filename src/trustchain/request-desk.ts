import { toHex, utf8 } from '../base/bytes.ts';
import { digest } from '../base/digest.ts';
import type { Requirements } from '../proofs/request.ts';
import { healingOf, maxAttempts, type NodeProver } from '../prover/index.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { CertificateAuthority, ProofAgent } from './authority.ts';
import { requestName } from './certificate-store.ts';
import { parseCsr } from './csr.ts';
import type { IssuanceOutcome } from './issuance-outcome.ts';
import type { LeafProfile } from './leaf-profile.ts';
import { limits } from './limits.ts';
import type { RefusalCode } from './refusal.ts';
import type { RenewalWish } from './renewal.ts';

/** What somebody wants of the authority. */
export interface Application {
  readonly requestId: string;
  /** The id was drawn for it a moment ago, so there is nothing to be found under it. */
  readonly isNew?: boolean;
  /** PKCS #10, PEM or DER; null: a renewal that keeps its key. */
  readonly csr: string | Uint8Array | null;
  readonly requirements: Requirements | null;
  /** Absent: the authority's own. */
  readonly profile?: LeafProfile;
  readonly renewal?: RenewalWish;
}

/** Who proves for it: TrustChain's own node, which can try again, or somebody once. */
export interface Proving {
  readonly agent: ProofAgent;
  /** Makes fresh proofs after a refusal that those may heal; null: the refusal stands. */
  readonly healer: Pick<NodeProver, 'attest' | 'learn'> | null;
}

export type FinalOutcome = Exclude<IssuanceOutcome, { type: 'timeout' }>;

export type RequestState =
  /** `detail`: what it waits for, where something went wrong on the way. */
  | { readonly type: 'pending'; readonly sinceMs: number; readonly detail: string | null }
  | { readonly type: 'settled'; readonly outcome: FinalOutcome };

interface Entry {
  readonly application: Application;
  readonly proving: Proving;
  readonly sinceMs: number;
  attempt: number;
  /** Attempts in a row that came to nothing, for how long to wait before the next. */
  held: number;
  detail: string | null;
  outcome: FinalOutcome | null;
  readonly waiters: Set<Waiter>;
}

/** Who waits for the end of a request. */
export interface Waiter {
  /** Once. */
  onSettled(outcome: FinalOutcome): void;
  /** It cannot go on now and will be tried again: no quorum, or too much to do. */
  onHeld?(detail: string): void;
}

/** Refusals that say nothing of the request: the same may be granted a little later. */
const passing: ReadonlySet<RefusalCode> = new Set(['overloaded', 'answerNotAccepted']);
const minHoldMs = 500;
const maxHoldMs = 15_000;

export interface RequestDeskOptions {
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onAttempt?: (application: Application, reason: string) => void;
  readonly onSettled?: (application: Application, outcome: FinalOutcome, tookMs: number) => void;
}

/**
 * Carries requests to their end. Without a quorum a request stays pending and is asked for again
 * and again, under the same bytes; it is never guessed at. A refusal for being late, or for a price
 * that rose, is answered with fresh proofs. One request id of one node is one decision.
 */
export class RequestDesk {
  private readonly options: RequestDeskOptions;
  private readonly entries = new Map<string, Entry>();
  private pendingCount = 0;
  private stopped = false;

  constructor(options: RequestDeskOptions) {
    this.options = options;
  }

  /** Requests without an end yet. */
  get pending(): number {
    return this.pendingCount;
  }

  /**
   * Asks, or waits for what was asked before. The waiter may be told at once; the returned function
   * ends its wait, not the request.
   */
  ask(application: Application, proving: Proving, waiter: Waiter): () => void {
    const name = nameOf(application, proving);
    const known = this.entries.get(name);
    const refusal = this.refusalOf(application, known);
    if (refusal !== null) {
      waiter.onSettled(refusal);
      return () => undefined;
    }
    if (known !== undefined) return wait(known, waiter);
    this.forgetOld();
    const entry: Entry = {
      application,
      proving,
      sinceMs: this.options.clock.nowMs(),
      attempt: application.isNew ? 0 : this.lastAttempt(application, proving),
      held: 0,
      detail: null,
      outcome: null,
      waiters: new Set(),
    };
    this.entries.set(name, entry);
    this.pendingCount += 1;
    const leave = wait(entry, waiter);
    this.attempt(entry);
    return leave;
  }

  /** What is known of a request; null: nothing. */
  stateOf(nodeId: Uint8Array, requestId: string): RequestState | null {
    const entry = this.entries.get(requestName({ nodeId, requestId }));
    if (entry !== undefined) {
      const { outcome, sinceMs, detail } = entry;
      return outcome === null ? { type: 'pending', sinceMs, detail } : { type: 'settled', outcome };
    }
    const { authority } = this.options;
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const found = authority.knownRequest({ nodeId, requestId: attemptId(requestId, attempt) });
      if (found?.type === 'issued') return { type: 'settled', outcome: found };
      if (found !== null) return { type: 'pending', sinceMs: found.startedAtMs, detail: null };
    }
    return null;
  }

  /** Asks nothing more; who waits is told that the authority stops. */
  stop(): void {
    this.stopped = true;
    const refusal = { code: 'overloaded', detail: 'the authority is stopping' } as const;
    for (const { waiters } of this.entries.values()) {
      for (const waiter of [...waiters]) waiter.onSettled({ type: 'refused', refusal });
      waiters.clear();
    }
  }

  private refusalOf(application: Application, known: Entry | undefined): FinalOutcome | null {
    const refused = (code: RefusalCode, detail: string): FinalOutcome => {
      return { type: 'refused', refusal: { code, detail } };
    };
    if (this.stopped) return refused('overloaded', 'the authority is stopping');
    if (known !== undefined && !isSame(known.application, application)) {
      const { requestId } = application;
      return refused('duplicateRequest', `request id ${requestId} stands for another request`);
    }
    if (known !== undefined && known.waiters.size >= limits.waitersPerRequest) {
      return refused('overloaded', `${known.waiters.size} callers wait for this request already`);
    }
    if (known === undefined && this.pendingCount >= limits.pendingRequests) {
      return refused('overloaded', `${this.pendingCount} requests are pending`);
    }
    return null;
  }

  /** Of a request that was under way before a restart, the attempt it had come to. */
  private lastAttempt({ requestId }: Application, { agent }: Proving): number {
    const { nodeId } = agent;
    for (let attempt = maxAttempts - 1; attempt > 0; attempt--) {
      const key = { nodeId, requestId: attemptId(requestId, attempt) };
      if (this.options.authority.knownRequest(key) !== null) return attempt;
    }
    return 0;
  }

  private attempt(entry: Entry): void {
    if (this.stopped) return;
    const { csr, requirements, requestId, profile, renewal } = entry.application;
    const wish = {
      requestId: attemptId(requestId, entry.attempt),
      requirements,
      ...(profile !== undefined && { profile }),
      ...(renewal !== undefined && { renewal }),
    };
    this.options.authority.request(csr, wish, entry.proving.agent, (outcome) => {
      this.onOutcome(entry, outcome);
    });
  }

  private onOutcome(entry: Entry, outcome: IssuanceOutcome): void {
    if (this.stopped) return;
    const { healer } = entry.proving;
    switch (outcome.type) {
      case 'issued':
        healer?.learn(outcome.certified);
        return this.settle(entry, outcome);
      case 'timeout':
        return this.hold(entry, outcome.detail ?? 'no quorum answered in time');
      case 'refused': {
        const { code, detail } = outcome.refusal;
        // The own node has no proofs before it is enrolled: that too is a quorum's to change.
        const notYet = code === 'agentFailed' && healer !== null;
        if (notYet) return this.hold(entry, 'TrustChain is not enrolled with the cluster yet');
        if (passing.has(code)) return this.hold(entry, `${code}: ${detail}`);
        return this.settle(entry, outcome);
      }
      case 'invalid':
        this.onInvalid(entry, outcome);
    }
  }

  private onInvalid(entry: Entry, outcome: FinalOutcome & { type: 'invalid' }): void {
    const { healer } = entry.proving;
    healer?.learn(outcome.certified);
    const healing = healer === null ? null : healingOf(outcome.failures);
    if (healer === null || healing === null || entry.attempt + 1 >= maxAttempts) {
      return this.settle(entry, outcome);
    }
    const { proof, reason } = healing.failure;
    this.tell(entry, `${proof}: ${reason}`);
    entry.attempt += 1;
    if (healing.attestFirst) healer.attest(() => this.attempt(entry));
    else this.attempt(entry);
  }

  /** Later again, under the same id; no longer than the authority keeps what is voted on. */
  private hold(entry: Entry, detail: string): void {
    const { clock, timers } = this.options;
    this.tell(entry, detail);
    if (clock.nowMs() - entry.sinceMs > limits.draftKeepMs) {
      const refusal = { code: 'noQuorum', detail } as const;
      return this.settle(entry, { type: 'refused', refusal });
    }
    const delayMs = Math.min(maxHoldMs, minHoldMs * 2 ** Math.min(entry.held, 10));
    entry.held += 1;
    timers.after(delayMs, () => this.attempt(entry));
    for (const waiter of [...entry.waiters]) waiter.onHeld?.(detail);
  }

  private tell(entry: Entry, detail: string): void {
    entry.detail = detail;
    this.options.onAttempt?.(entry.application, detail);
  }

  private settle(entry: Entry, outcome: FinalOutcome): void {
    const { application, proving, sinceMs, waiters } = entry;
    entry.outcome = outcome;
    this.pendingCount -= 1;
    // A refusal of our own is worked out anew each time; what a quorum decided stays said.
    if (outcome.type === 'refused') this.entries.delete(nameOf(application, proving));
    this.options.onSettled?.(application, outcome, this.options.clock.nowMs() - sinceMs);
    for (const waiter of [...waiters]) waiter.onSettled(outcome);
    waiters.clear();
  }

  /** Settled requests leave after a while, the oldest first; what was issued is in the store. */
  private forgetOld(): void {
    const nowMs = this.options.clock.nowMs();
    for (const [name, { outcome, sinceMs }] of this.entries) {
      const full = this.entries.size >= limits.rememberedRequests;
      if (!full && nowMs - sinceMs <= limits.draftKeepMs) return;
      if (outcome !== null) this.entries.delete(name);
    }
  }
}

function wait(entry: Entry, waiter: Waiter): () => void {
  if (entry.outcome !== null) {
    waiter.onSettled(entry.outcome);
    return () => undefined;
  }
  entry.waiters.add(waiter);
  return () => entry.waiters.delete(waiter);
}

function nameOf({ requestId }: Application, { agent: { nodeId } }: Proving): string {
  return requestName({ nodeId, requestId });
}

/** The ledger takes a request id once: fresh proofs go under another one, the same each time. */
export function attemptId(requestId: string, attempt: number): string {
  if (attempt === 0) return requestId;
  const mark = digest('hypermesh/requestAttempt', utf8(`${requestId}/${attempt}`)).slice(0, 16);
  return `${requestId.slice(0, 47)}.${mark}`;
}

/** A CSR that was signed anew asks for the same: key, names and wishes decide. */
function isSame(a: Application, b: Application): boolean {
  return wishesOf(a) === wishesOf(b) && (a.csr === b.csr || asked(a.csr) === asked(b.csr));
}

/** Signatures of one renewal may differ: what they are over does not. */
function wishesOf({ requirements, profile, renewal }: Application): string {
  return JSON.stringify([requirements, profile, renewal?.serial, renewal?.supersede]);
}

function asked(csr: string | Uint8Array | null): string | null {
  if (csr === null) return null;
  const parsed = parseCsr(csr);
  if (!parsed.ok) return typeof csr === 'string' ? csr : toHex(csr);
  const { publicKey, ...names } = parsed.value;
  return JSON.stringify([toHex(publicKey), names]);
}

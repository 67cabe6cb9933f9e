import { validateOperation } from '../ledger/operation.ts';
import type { CertificateSubject, ProofSet } from '../proofs/request.ts';
import type { Clock } from '../runtime/ports.ts';
import { requestName } from './certificate-store.ts';
import { limits } from './limits.ts';
import type { Application, FinalOutcome, RequestDesk, Waiter } from './request-desk.ts';

/** A requester with a node of its own brings these. */
export interface BroughtProofs {
  readonly nodeId: Uint8Array;
  readonly proofs: ProofSet;
  /** By the node key over subject and proofs. */
  readonly signature: Uint8Array;
}

export type DraftOutcome =
  /** What the proofs have to be made for. */
  | { readonly type: 'draft'; readonly subject: CertificateSubject; readonly expiresAtMs: number }
  | FinalOutcome;

interface Draft {
  readonly application: Application;
  readonly subject: CertificateSubject;
  readonly expiresAtMs: number;
  /** Null once the proofs are in. */
  deliver: ((operation: Uint8Array | null) => void) | null;
}

/**
 * Proofs that requesters make themselves. They commit to the certificate that will be voted on, and
 * serial and life are the authority's to choose: so the authority drafts first, and the proofs
 * are for the draft. A draft is kept in memory for a while; nothing is signed for it.
 */
export class ReadyProofs {
  private readonly desk: RequestDesk;
  private readonly clock: Clock;
  private readonly drafts = new Map<string, Draft>();

  constructor(desk: RequestDesk, clock: Clock) {
    this.desk = desk;
    this.clock = clock;
  }

  /** Drafts the certificate, or says what became of the request before. Calls back at once. */
  draft(application: Application, nodeId: Uint8Array, done: (outcome: DraftOutcome) => void): void {
    this.forgetExpired();
    const name = requestName({ nodeId, requestId: application.requestId });
    let answered = false;
    const answer = (outcome: DraftOutcome): void => {
      if (!answered) done(outcome);
      answered = true;
    };
    const full = this.drafts.size >= limits.pendingDrafts && !this.drafts.has(name);
    if (full) {
      const detail = `${this.drafts.size} drafts wait for their proofs`;
      return answer({ type: 'refused', refusal: { code: 'overloaded', detail } });
    }
    const expiresAtMs = this.clock.nowMs() + limits.draftForProofsMs;
    const agent = {
      nodeId,
      prove: (subject: CertificateSubject, deliver: Draft['deliver']) => {
        this.drafts.set(name, { application, subject, expiresAtMs, deliver });
      },
    };
    const leave = this.desk.ask(application, { agent, healer: null }, { onSettled: answer });
    if (answered) return;
    // Whoever brings the proofs waits; this caller has what it came for.
    leave();
    const draft = this.drafts.get(name);
    if (draft !== undefined) {
      answer({ type: 'draft', subject: draft.subject, expiresAtMs: draft.expiresAtMs });
    } else {
      const detail = 'the proofs are in; ask for the request itself';
      answer({ type: 'refused', refusal: { code: 'duplicateRequest', detail } });
    }
  }

  /** Null: no draft of this node and id waits for proofs. Else as {@link RequestDesk.ask}. */
  bring(
    application: Application,
    { nodeId, proofs, signature }: BroughtProofs,
    waiter: Waiter,
  ): (() => void) | null {
    this.forgetExpired();
    const { requestId } = application;
    const name = requestName({ nodeId, requestId });
    const draft = this.drafts.get(name);
    // Without a draft there is nothing to ask, but what was asked before may be asked again.
    const known = this.desk.stateOf(nodeId, requestId) !== null;
    if (draft === undefined && !known) return null;
    const agent = { nodeId, prove: (_: unknown, none: (operation: null) => void) => none(null) };
    const leave = this.desk.ask(
      application,
      { agent, healer: null },
      {
        ...waiter,
        onSettled: (outcome) => {
          this.drafts.delete(name);
          waiter.onSettled(outcome);
        },
      },
    );
    if (draft === undefined || draft.deliver === null) return leave;
    const { subject, deliver } = draft;
    draft.deliver = null;
    deliver(validateOperation({ subject, proofs, signature }));
    return leave;
  }

  private forgetExpired(): void {
    const nowMs = this.clock.nowMs();
    for (const [name, { expiresAtMs, deliver }] of this.drafts) {
      if (expiresAtMs >= nowMs) return;
      this.drafts.delete(name);
      deliver?.(null);
    }
  }
}

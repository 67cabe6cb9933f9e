import type { Digest } from '../base/digest.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { CertificateSubject } from '../proofs/request.ts';
import type { RequestDraft } from '../proofs/request-batch.ts';
import type { NodeProver } from './node-prover.ts';
import type { RequestBatcher } from './request-batcher.ts';

export interface SharedProverOptions {
  readonly prover: Pick<NodeProver, 'nodeId' | 'draft'>;
  readonly batcher: Pick<RequestBatcher, 'add' | 'settle' | 'flush'>;
}

/**
 * One node's proofs for whoever it speaks for, requests that wait at the same time under one
 * signature. Whoever is given an operation submits it, and has {@link ended} told of every end that
 * comes to.
 */
export class SharedProver {
  private readonly options: SharedProverOptions;
  /** Requests under way, by the operation they are in; the batcher bounds them. */
  private readonly sent = new Map<Digest, RequestDraft[]>();

  constructor(options: SharedProverOptions) {
    this.options = options;
  }

  get nodeId(): Uint8Array {
    return this.options.prover.nodeId;
  }

  /** All four proofs, as the operation that this subject is in; null: not enrolled. */
  prove(subject: CertificateSubject, done: (operation: Uint8Array | null) => void): void {
    const { prover, batcher } = this.options;
    prover.draft(subject, (draft) => {
      if (draft === null) return done(null);
      batcher.add(draft, (operation) => {
        const digest = requestDigest(operation);
        const together = this.sent.get(digest);
        if (together === undefined) this.sent.set(digest, [draft]);
        else together.push(draft);
        done(operation);
      });
    });
  }

  /** An operation was answered, or there was no answer in time: what waits may follow. */
  ended(operation: Uint8Array): void {
    const digest = requestDigest(operation);
    const together = this.sent.get(digest) ?? [];
    this.sent.delete(digest);
    for (const draft of together) this.options.batcher.settle(draft);
    // At once: to issue what was answered takes this process a while, and the cluster none.
    if (together.length > 0) this.options.batcher.flush();
  }
}

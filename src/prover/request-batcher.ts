import type { Digest } from '../base/digest.ts';
import type { Signer } from '../base/signature.ts';
import { validateBatchOperation, validateOperation } from '../ledger/operation.ts';
import { windowWidth } from '../ledger/replay-window.ts';
import { proofContext } from '../proofs/context.ts';
import { limits } from '../proofs/limits.ts';
import { signRequest } from '../proofs/proof-set.ts';
import { makeRequestBatch, type RequestDraft } from '../proofs/request-batch.ts';
import { requestHash } from '../proofs/request-codec.ts';
import { makeSpace } from '../proofs/space.ts';
import type { AnyPlot } from '../proofs/stored-plot.ts';
import type { Timers } from '../runtime/ports.ts';

export interface RequestBatcherOptions {
  readonly chainId: Digest;
  readonly signer: Signer;
  readonly plot: AnyPlot;
  readonly timers: Timers;
  /** Most requests under one signature, 1 to 64; fewer where fewer wait. */
  readonly maxRequests: number;
}

interface Waiting {
  readonly draft: RequestDraft;
  readonly done: (operation: Uint8Array) => void;
}

/**
 * Puts requests of one node that wait at the same time under one signature. It is Nagle's rule (RFC
 * 896): what comes while nothing is under way leaves at the end of the turn, alone in the plain
 * form; what comes meanwhile waits for an answer or for a full batch, whichever is first. So nobody
 * waits who is alone, and under load batches grow by themselves.
 *
 * The sequences under way never span more than the ledger's replay window: in whatever order they
 * are decided, none is too old.
 */
export class RequestBatcher {
  private readonly options: RequestBatcherOptions;
  private waiting: Waiting[] = [];
  /** Under way. */
  private readonly sent = new Set<RequestDraft>();
  private flushing = false;

  constructor(options: RequestBatcherOptions) {
    this.options = options;
  }

  /** Calls back once with the operation that `draft` is in, whose other requests get it too. */
  add(draft: RequestDraft, done: (operation: Uint8Array) => void): void {
    this.waiting.push({ draft, done });
    this.flushSoon();
  }

  /** This very draft is answered or given up; to be called for each, once it was told of. */
  settle(draft: RequestDraft): void {
    if (this.sent.delete(draft)) this.flushSoon();
  }

  /** At the end of the turn, which may bring more. */
  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    this.options.timers.after(0, () => {
      this.flushing = false;
      this.flush();
    });
  }

  /** Lets go now what would go at the end of the turn. */
  flush(): void {
    for (let batch = this.next(); batch !== null; batch = this.next()) {
      const leaving = new Set(batch);
      this.waiting = this.waiting.filter((each) => !leaving.has(each));
      for (const { draft } of batch) this.sent.add(draft);
      const operation = this.sign(batch.map(({ draft }) => draft));
      for (const { done } of batch) done(operation);
    }
  }

  /** What leaves now, by ascending sequence; null: nothing does. */
  private next(): readonly Waiting[] | null {
    const [first] = this.waiting;
    if (first === undefined) return null;
    const most = Math.min(this.options.maxRequests, limits.batchedRequests);
    const { beacon } = first.draft.proofs.time;
    const together = this.waiting.filter(({ draft }) => {
      const other = draft.proofs.time.beacon;
      return other.epoch === beacon.epoch && other.value === beacon.value;
    });
    const batch = together.slice(0, most).sort((a, b) => sequenceOf(a.draft) - sequenceOf(b.draft));
    if (this.sent.size === 0) return batch;
    const newest = sequenceOf((batch[batch.length - 1] ?? first).draft);
    const oldest = Math.min(
      sequenceOf((batch[0] ?? first).draft),
      ...[...this.sent].map(sequenceOf),
    );
    return batch.length === most && newest - oldest < windowWidth ? batch : null;
  }

  private sign(drafts: readonly RequestDraft[]): Uint8Array {
    const { chainId, signer, plot } = this.options;
    const [first] = drafts;
    if (first !== undefined && drafts.length === 1) {
      const { subject, proofs } = first;
      const { nodeId } = subject;
      const { beacon } = proofs.time;
      const context = proofContext({ chainId, beacon, nodeId, requestHash: requestHash(subject) });
      const whole = { space: makeSpace(plot, context), ...proofs };
      return validateOperation(signRequest(chainId, subject, whole, signer));
    }
    return validateBatchOperation(makeRequestBatch(chainId, drafts, signer, plot));
  }
}

function sequenceOf({ proofs }: RequestDraft): number {
  return proofs.time.sequence;
}

import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { proofContext } from '../proofs/context.ts';
import { positionFault } from '../proofs/network-position.ts';
import { checkStatic, type RequestVerdict, type StaticEnvironment } from '../proofs/proof-set.ts';
import { registrationFault } from '../proofs/registration.ts';
import type { CertificateRequest, ProvenSubject } from '../proofs/request.ts';
import { checkRequestBatch } from '../proofs/request-batch.ts';
import { challengeOpenings, openingsHold } from '../proofs/space.ts';
import { limits } from './limits.ts';
import {
  carriesProofs,
  decodeOperation,
  type HolderOperation,
  type LedgerOperation,
  orderBytes,
} from './operation.ts';

/** All that can be said of an operation without state; plain data, so a worker may make it. */
export type StaticVerdict =
  /** Not an operation at all. */
  | { readonly type: 'undecodable'; readonly reason: string }
  | {
      readonly type: 'validate';
      readonly request: CertificateRequest;
      readonly verdict: RequestVerdict;
    }
  /** One verdict for each request, in order. */
  | {
      readonly type: 'validateBatch';
      readonly requests: readonly ProvenSubject[];
      readonly verdicts: readonly RequestVerdict[];
    }
  /** `fault`: signature or openings do not hold; null when they do. */
  | { readonly type: 'order'; readonly operation: HolderOperation; readonly fault: string | null }
  | {
      readonly type: 'other';
      readonly operation: Extract<LedgerOperation, { type: 'isolate' | 'readmit' | 'nop' }>;
    };

/** Gives the verdict on one operation: computed, remembered, or brought by a worker. */
export type StaticCheck = (operation: Uint8Array) => StaticVerdict;

/** The part of a verdict that costs hashes and signatures: small and plain, for other threads. */
export type StaticFinding =
  | { readonly type: 'validate'; readonly verdict: RequestVerdict }
  | { readonly type: 'validateBatch'; readonly verdicts: readonly RequestVerdict[] }
  | { readonly type: 'order'; readonly fault: string | null };

/** Decodes and checks signatures, hashes and openings: the same on every replica, at any time. */
export function checkOperation(bytes: Uint8Array, env: StaticEnvironment): StaticVerdict {
  const decoded = decodeOperation(bytes);
  if (!decoded.ok) return { type: 'undecodable', reason: decoded.reason };
  return join(decoded.value, examine(decoded.value, env));
}

/** The costly part of {@link checkOperation}; null where there is nothing to find out. */
export function examineOperation(bytes: Uint8Array, env: StaticEnvironment): StaticFinding | null {
  const decoded = decodeOperation(bytes);
  return decoded.ok ? examine(decoded.value, env) : null;
}

/** The verdict on `bytes` with what {@link examineOperation} found of these very bytes. */
export function verdictFrom(bytes: Uint8Array, finding: StaticFinding | null): StaticVerdict {
  const decoded = decodeOperation(bytes);
  if (!decoded.ok) return { type: 'undecodable', reason: decoded.reason };
  return join(decoded.value, finding);
}

function examine(operation: LedgerOperation, env: StaticEnvironment): StaticFinding | null {
  switch (operation.type) {
    case 'validate':
      return { type: 'validate', verdict: checkStatic(operation.request, env) };
    case 'validateBatch':
      return { type: 'validateBatch', verdicts: checkRequestBatch(operation.batch, env) };
    case 'order':
      return { type: 'order', fault: orderFault(operation, env) };
    default:
      return null;
  }
}

function join(operation: LedgerOperation, finding: StaticFinding | null): StaticVerdict {
  if (operation.type === 'validate') {
    assert(finding?.type === 'validate', 'a finding of another operation');
    return { type: 'validate', request: operation.request, verdict: finding.verdict };
  }
  if (operation.type === 'validateBatch') {
    assert(finding?.type === 'validateBatch', 'a finding of another operation');
    const { requests } = operation.batch;
    return { type: 'validateBatch', requests, verdicts: finding.verdicts };
  }
  if (operation.type === 'order') {
    assert(finding?.type === 'order', 'a finding of another operation');
    return { type: 'order', operation, fault: finding.fault };
  }
  return { type: 'other', operation };
}

function orderFault(operation: HolderOperation, env: StaticEnvironment): string | null {
  const { nodeId, order, signature, unsigned, sequence } = operation;
  const { chainId } = env;
  if (!env.scheme.verify(nodeId, orderBytes(chainId, unsigned), signature)) {
    return 'not signed by the account holder';
  }
  if (sequence < 1) return 'sequence: 1 or more';
  if (order.type === 'registerPlot') {
    const { registration, beacon, position = null } = order;
    const fault = position === null ? null : positionFault(position, nodeId, env.scheme);
    return fault ?? registrationFault(registration, { chainId, beacon, nodeId });
  }
  if (order.type === 'attestPlot') {
    const context = attestationContext(chainId, order.beacon, nodeId, order.openings.root);
    const hold = openingsHold(order.openings, context, challengeOpenings);
    return hold ? null : 'openings do not lead to the root';
  }
  return null;
}

/** Where the epoch's full challenge opens a plot: fixed by beacon, node and root alone. */
export function attestationContext(
  chainId: Digest,
  beacon: { readonly epoch: number; readonly value: Digest },
  nodeId: Uint8Array,
  root: Digest,
): Uint8Array {
  return proofContext({ chainId, beacon, nodeId, requestHash: root });
}

/** Verdict null: it was used for the last time that can be foreseen. */
interface Kept {
  readonly verdict: StaticVerdict | null;
  readonly sizeBytes: number;
}

const spent: Kept = { verdict: null, sizeBytes: 0 };

/**
 * Remembers verdicts by operation digest, least recently used out first, bounded in number and in
 * the bytes they stand for. Holds nothing that depends on state, so replicas of one process may
 * share it, and a worker pool may fill it ahead of execution.
 */
export class StaticCheckCache {
  private readonly env: StaticEnvironment;
  private readonly verdicts = new Map<Digest, Kept>();
  private sizeBytes = 0;
  /** For metrics: checks answered from memory, and checks made. */
  hits = 0;
  misses = 0;

  constructor(env: StaticEnvironment) {
    this.env = env;
  }

  readonly check: StaticCheck = (operation) => {
    // What carries no proofs is read sooner than remembered.
    if (!carriesProofs(operation)) return checkOperation(operation, this.env);
    const id = requestDigest(operation);
    const kept = this.verdicts.get(id);
    if (kept?.verdict) {
      this.hits++;
      this.verdicts.delete(id);
      this.verdicts.set(id, kept);
      return kept.verdict;
    }
    this.misses++;
    const verdict = checkOperation(operation, this.env);
    this.keep(operation, verdict);
    return verdict;
  };

  /**
   * As {@link check}, for who executes an operation and is the only one to ask. What was decoded is
   * a hundred objects, which the garbage collector would walk for as long as they are kept; that
   * the operation was checked stays known, so nobody checks it ahead when it is sent again.
   */
  readonly take: StaticCheck = (operation) => {
    const verdict = this.check(operation);
    if (!carriesProofs(operation)) return verdict;
    const id = requestDigest(operation);
    this.sizeBytes -= this.verdicts.get(id)?.sizeBytes ?? 0;
    this.verdicts.delete(id);
    this.verdicts.set(id, spent);
    return verdict;
  };

  /** Whether it was checked: its verdict is here, or was taken. */
  has(operation: Uint8Array): boolean {
    return this.verdicts.has(requestDigest(operation));
  }

  /** Takes a verdict that {@link checkOperation} gave elsewhere for this very operation. */
  keep(operation: Uint8Array, verdict: StaticVerdict): void {
    const id = requestDigest(operation);
    if (this.verdicts.has(id)) return;
    this.verdicts.set(id, { verdict, sizeBytes: operation.length });
    this.sizeBytes += operation.length;
    const { cachedVerdicts, cachedVerdictBytes } = limits;
    if (this.verdicts.size > cachedVerdicts || this.sizeBytes > cachedVerdictBytes) this.forget();
  }

  /**
   * Makes room for some hundred more at once: to find the oldest, a map passes over the places of
   * all that were taken out before it.
   */
  private forget(): void {
    const { cachedVerdicts, cachedVerdictBytes } = limits;
    const share = 1 - 1 / 16;
    for (const [oldest, entry] of this.verdicts) {
      const few = this.verdicts.size <= cachedVerdicts * share;
      if (few && this.sizeBytes <= cachedVerdictBytes * share) break;
      this.verdicts.delete(oldest);
      this.sizeBytes -= entry.sizeBytes;
    }
  }
}

import { toHex } from '../../base/bytes.ts';
import type { Digest } from '../../base/digest.ts';
import { decodeOperation } from '../../ledger/operation.ts';
import { decodeResult } from '../../ledger/result.ts';
import { requestDigest } from '../../pbft/envelope.ts';

/** Answers remembered; more than any run of hostile clients asks for. */
const maxAnswers = 100_000;

/**
 * Watches certified answers in both worlds: what is honoured is honoured once, and of two that
 * claim one id or one sequence of a node at most one is.
 */
export class OnceWatch {
  private readonly answers = new Map<Digest, string>();
  /** What was honoured, by the id or the sequence it used up. */
  private readonly claims = new Map<string, Digest>();

  /** What is wrong with this answer beside those before it; null: nothing. */
  see(operation: Uint8Array, resultBytes: Uint8Array): string | null {
    const claims = claimsOf(operation, resultBytes);
    // What was refused may be asked again, and has used up nothing of anybody's.
    if (claims.length === 0) return null;
    const digest = requestDigest(operation);
    const answer = toHex(resultBytes);
    const before = this.answers.get(digest);
    if (before !== undefined && before !== answer) {
      return `${digest.slice(0, 8)} was honoured twice, each time with another answer`;
    }
    if (this.answers.size >= maxAnswers) return null;
    this.answers.set(digest, answer);
    for (const claim of claims) {
      const other = this.claims.get(claim) ?? digest;
      if (other !== digest) {
        return `${digest.slice(0, 8)} and ${other.slice(0, 8)} were both honoured: ${claim}`;
      }
      this.claims.set(claim, digest);
    }
    return null;
  }
}

/** True when the ledger did what was asked. */
export function isHonoured(resultBytes: Uint8Array): boolean {
  const result = decodeResult(resultBytes);
  if (!result.ok) return false;
  const { value } = result;
  return value.type === 'validation' ? value.status === 'valid' : value.type !== 'refused';
}

function claimsOf(operation: Uint8Array, resultBytes: Uint8Array): readonly string[] {
  const decoded = decodeOperation(operation);
  if (!decoded.ok || !isHonoured(resultBytes)) return [];
  const { value } = decoded;
  if (value.type === 'order') return [`sequence ${value.sequence} of ${toHex(value.nodeId)}`];
  if (value.type !== 'validate') return [];
  const { subject, proofs } = value.request;
  const node = toHex(subject.nodeId);
  return [`sequence ${proofs.time.sequence} of ${node}`, `id ${subject.requestId} of ${node}`];
}

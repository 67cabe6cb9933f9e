import { toHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { resultIn, type ValidationResult } from '../ledger/result.ts';
import type { Answer } from '../pbft/messages.ts';
import type { Reason } from '../pbft/reason.ts';
import type { Requirements } from '../proofs/request.ts';
import { requestHash } from '../proofs/request-codec.ts';
import { tbs0Digest } from './leaf.ts';
import { votedSubject } from './subject.ts';

export type Decision =
  | { readonly type: 'decision'; readonly decision: ValidationResult }
  | { readonly type: 'none'; readonly reason: Reason };

/**
 * The decision on the certificate with this digest in an answer a quorum certified. A batch of
 * requests has one on each; other operations have other results.
 */
export function readDecision(answer: Answer, tbsDigest: Digest): Decision {
  const decoded = resultIn(answer);
  if (!decoded.ok) return { type: 'none', reason: `result not readable: ${decoded.reason}` };
  const { value } = decoded;
  // The Merkle leaf is the result alone: only its own word says which operation it answers.
  if (value.operation !== answer.requestDigest) {
    const found = value.operation.slice(0, 8);
    return { type: 'none', reason: `the result answers ${found}, another operation` };
  }
  if (value.type === 'validation') return { type: 'decision', decision: value };
  if (value.type === 'validations') {
    const about = value.decisions.filter((decision) => decision.tbsDigest === tbsDigest);
    const decision = about.find(({ status }) => status === 'valid') ?? about[0];
    if (decision !== undefined) return { type: 'decision', decision };
    const reason = `none of ${value.decisions.length} decisions is on TBS ${tbsDigest.slice(0, 8)}`;
    return { type: 'none', reason };
  }
  const detail = value.type === 'refused' ? `refused: ${value.reason}` : value.type;
  return { type: 'none', reason: `no decision on a certificate request but ${detail}` };
}

/**
 * Why the decision is not about the certificate whose TBS₀ this is; null when it is. Recomputes
 * everything the quorum saw from the certificate itself. Says nothing of valid or invalid.
 */
export function decisionMismatch(
  decision: ValidationResult,
  about: {
    readonly tbs0: Uint8Array;
    readonly issuerKeyHash: Digest;
    readonly requirements: Requirements | null;
  },
): Reason | null {
  const tbsDigest = tbs0Digest(about.issuerKeyHash, about.tbs0);
  if (decision.tbsDigest !== tbsDigest) {
    const found = decision.tbsDigest?.slice(0, 8) ?? 'none';
    return `the vote is on TBS ${found}, this certificate's is ${tbsDigest.slice(0, 8)}`;
  }
  const { requestId, nodeId } = decision;
  const requester = { requestId, nodeId, requirements: about.requirements };
  const voted = votedSubject(about.tbs0, tbsDigest, requester);
  if (voted === null) return 'the certificate names nobody a vote could be on';
  const { subject, notBeforeMs } = voted;
  const { notAfterMs } = subject;
  if (decision.requestHash !== requestHash(subject)) {
    return `the request ${requestId} of node ${toHex(nodeId).slice(0, 8)} was for other names`;
  }
  const at = decision.decidedAtMs;
  if (at < notBeforeMs || at > notAfterMs) {
    return `decided at ${at} ms, outside the certificate's life ${notBeforeMs} to ${notAfterMs}`;
  }
  return null;
}

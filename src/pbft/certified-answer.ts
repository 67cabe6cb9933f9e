import { equalBytes, fromHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { leafHash, verifyMerklePath } from '../base/merkle.ts';
import { checkResultCertificate } from './certificates.ts';
import { limits } from './limits.ts';
import type { Answer, ResultCertificate } from './messages.ts';
import type { Reason } from './reason.ts';
import type { ValidatorSet, VerifyVote } from './replica.ts';

/**
 * What was found to lie under a root last: a quorum sends the same answer, each in a frame of its
 * own. `result` and `path` are as they came, and nobody writes into received bytes.
 */
let lastFound: { readonly root: Digest; readonly answer: Answer } | null = null;

/** True when the answer's path leads from its result to `resultsRoot` (64 hex). */
export function answerIsUnder(resultsRoot: Digest, answer: Answer): boolean {
  if (lastFound?.root === resultsRoot && samePlace(lastFound.answer, answer)) return true;
  const root = fromHex(resultsRoot);
  const isUnder =
    root !== null &&
    answer.batchSize <= limits.batchOperations &&
    answer.result.length <= limits.resultBytes &&
    answer.path.length <= limits.pathLength &&
    verifyMerklePath(root, answer.batchSize, answer.index, leafHash(answer.result), answer.path);
  if (isUnder) lastFound = { root: resultsRoot, answer };
  return isUnder;
}

/** The same result at the same place by the same path, byte for byte. */
function samePlace(a: Answer, b: Answer): boolean {
  if (a.index !== b.index || a.batchSize !== b.batchSize) return false;
  if (a.path.length !== b.path.length || !equalBytes(a.result, b.result)) return false;
  return a.path.every((hash, i) => equalBytes(hash, b.path[i] as Uint8Array));
}

/**
 * A quorum's answer to the operation `requestDigest` names: who relies on it trusts no single
 * replica. Null when the votes are a quorum's and the result is one of the results they cover.
 * That the *result* speaks of this very operation is for the service's reader to check: the
 * Merkle leaf is the result alone.
 */
export function checkCertifiedAnswer(
  certified: { readonly certificate: ResultCertificate; readonly answer: Answer },
  requestDigest: Digest,
  validators: ValidatorSet,
  verify: VerifyVote,
): Reason | null {
  const { certificate, answer } = certified;
  if (answer.requestDigest !== requestDigest) {
    return `an answer to ${answer.requestDigest.slice(0, 8)}, not ${requestDigest.slice(0, 8)}`;
  }
  if (!answerIsUnder(certificate.statement.resultsRoot, answer)) {
    return `result ${answer.index} of ${answer.batchSize} is not under the certified root`;
  }
  return checkResultCertificate(certificate, validators, verify);
}

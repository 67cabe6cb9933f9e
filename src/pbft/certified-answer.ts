import { fromHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import { AnswerTree } from './answer-tree.ts';
import { checkResultCertificate } from './certificates.ts';
import { limits } from './limits.ts';
import type { Answer, ResultCertificate } from './messages.ts';
import type { Reason } from './reason.ts';
import type { ValidatorSet, VerifyVote } from './replica.ts';

interface Looked {
  readonly root: Digest;
  readonly batchSize: number;
  readonly tree: AnswerTree;
}

/** Trees looked at lately, newest first: as many batches as are answered at the same time. */
const lately: Looked[] = [];
const maxLately = 4;

/**
 * The tree under a root, with what is known of it; null where the root is none. Results and paths
 * stay in it as they came: nobody writes into received bytes.
 */
function treeUnder(root: Digest, batchSize: number): AnswerTree | null {
  const at = lately.findIndex((one) => one.root === root && one.batchSize === batchSize);
  const known = lately[at];
  if (known !== undefined) {
    if (at > 0) lately.unshift(...lately.splice(at, 1));
    return known.tree;
  }
  const bytes = fromHex(root);
  if (bytes === null) return null;
  const tree = new AnswerTree(bytes, batchSize);
  lately.unshift({ root, batchSize, tree });
  if (lately.length > maxLately) lately.pop();
  return tree;
}

/** Of an answer that was found to be under a root: that root. */
const rootAbove = memo<Digest>();

/** True when the answer's path leads from its result to `resultsRoot` (64 hex). */
export function answerIsUnder(resultsRoot: Digest, answer: Answer): boolean {
  if (rootAbove.get(answer) === resultsRoot) return true;
  if (!leadsTo(resultsRoot, answer)) return false;
  rootAbove.set(answer, resultsRoot);
  return true;
}

function leadsTo(resultsRoot: Digest, answer: Answer): boolean {
  const { batchSize, index, result, path } = answer;
  if (!Number.isInteger(batchSize) || batchSize > limits.batchOperations) return false;
  if (result.length > limits.resultBytes || path.length > limits.pathLength) return false;
  return treeUnder(resultsRoot, batchSize)?.holds(index, result, path) ?? false;
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

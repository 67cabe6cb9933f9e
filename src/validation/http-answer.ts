import { z } from 'zod';
import type { Digest } from '../base/digest.ts';
import type { EpochChain, KnownEpoch } from '../ledger/epoch-chain.ts';
import { resultIn } from '../ledger/result.ts';
import { checkCertifiedAnswer } from '../pbft/certified-answer.ts';
import { quorum } from '../pbft/quorum.ts';
import type { Reason } from '../pbft/reason.ts';
import type { VerifyVote } from '../pbft/replica.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import { type Attempt, faulty } from './http-fault.ts';
import { statusOf } from './http-result.ts';
import { rememberVotes } from './remembered-votes.ts';
import { certifiedFromJson, resultCertificateSchema } from './wire/result-certificate-json.ts';

/** All that is read of an answer; the rest of it is for people, and nobody vouches for it. */
const answerSchema = z.looseObject({
  status: z.string().max(64).optional(),
  message: z.string().max(1024).optional(),
  result_certificate: resultCertificateSchema.nullish(),
});

export interface ReadAnswer {
  readonly certified: CertifiedAnswer;
  /** What the node says it means, unproven; null when it says nothing. */
  readonly claimedStatus: string | null;
}

export function readAnswer(json: unknown): Attempt<ReadAnswer> {
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return faulty('malformed', `${issue?.path.join('.') || 'the answer'}: ${issue?.message}`);
  }
  const { status, message, result_certificate: certificate } = parsed.data;
  if (certificate == null) {
    const said = status === undefined ? 'no status' : `status ${JSON.stringify(status)}`;
    const why = message === undefined ? '' : ` (${message.slice(0, 120)})`;
    return faulty('undecided', `${said}${why} without a certificate`);
  }
  const certified = certifiedFromJson(certificate);
  return { ok: true, value: { certified, claimedStatus: status ?? null } };
}

/**
 * Why this is not the trusted validators' answer to the operation, or null: a quorum of one epoch
 * signed, within the epoch's life, a batch with this result in it, and the result itself says which
 * operation it answers. Cheap rules first, signatures last.
 */
export function rejectAnswer(
  certified: CertifiedAnswer,
  operation: Digest,
  epochs: EpochChain,
): Reason | null {
  const { certificate, answer } = certified;
  const known = epochs.at(certificate.statement.epoch);
  const outOfEpoch = epochs.rejectSequence(certificate.statement);
  if (known === null || outOfEpoch !== null) return outOfEpoch ?? 'an unknown epoch';
  const result = resultIn(answer);
  if (!result.ok) return `a result that is none: ${result.reason}`;
  if (result.value.operation !== operation) {
    return `the result of ${result.value.operation.slice(0, 8)}, not ${operation.slice(0, 8)}`;
  }
  return checkCertifiedAnswer(certified, operation, known.validators, remembering(known));
}

const verifiers = new WeakMap<KnownEpoch, VerifyVote>();

/** One vote covers a batch: all its answers bring it again, to whichever client of this process. */
function remembering(known: KnownEpoch): VerifyVote {
  let verify = verifiers.get(known);
  if (verify === undefined) {
    verify = rememberVotes(known.verify);
    verifiers.set(known, verify);
  }
  return verify;
}

/** Exactly a quorum of votes, as replicas' own clients collect them: more say nothing more. */
export function trimVotes(certified: CertifiedAnswer, epochs: EpochChain): CertifiedAnswer {
  const { statement, votes } = certified.certificate;
  const n = epochs.at(statement.epoch)?.validators.publicKeys.length ?? 0;
  return { ...certified, certificate: { statement, votes: votes.slice(0, quorum(n)) } };
}

/** What the node's own words deny of the checked answer it brought; null when they agree. */
export function contradiction(
  claimedStatus: string | null,
  { answer }: CertifiedAnswer,
): Reason | null {
  const result = resultIn(answer);
  if (!result.ok || (claimedStatus !== 'valid' && claimedStatus !== 'invalid')) return null;
  const status = statusOf(result.value);
  return status === claimedStatus ? null : `says ${claimedStatus} of a certified ${status}`;
}

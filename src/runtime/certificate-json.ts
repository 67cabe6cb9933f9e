import { z } from 'zod';
import { toHex } from '../base/bytes.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { Answer, MessageOf, ResultCertificate } from '../pbft/messages.ts';
import { bytesOf, count, hash, hex } from './json-format.ts';

/** A quorum's certificate as every file and every answer spells it. */
export const certificateSchema = z.strictObject({
  epoch: count,
  sequence: count,
  decided_at: z.iso.datetime({ precision: 3 }),
  results_root: hash,
  state_digest: hash,
  votes: z
    .array(z.strictObject({ replica: count, signature: hex.max(128) }))
    .max(protocolLimits.replicas),
});

export type CertificateJson = z.infer<typeof certificateSchema>;

export function certificateToJson({ statement, votes }: ResultCertificate): CertificateJson {
  return {
    epoch: statement.epoch,
    sequence: statement.sequence,
    decided_at: new Date(statement.timestamp).toISOString(),
    results_root: statement.resultsRoot,
    state_digest: statement.stateDigest,
    votes: votes.map(({ replica, signature }) => ({ replica, signature: toHex(signature) })),
  };
}

export function certificateFromJson(certificate: CertificateJson): ResultCertificate {
  return {
    statement: {
      type: 'result',
      epoch: certificate.epoch,
      sequence: certificate.sequence,
      timestamp: Date.parse(certificate.decided_at),
      resultsRoot: certificate.results_root,
      stateDigest: certificate.state_digest,
    },
    votes: certificate.votes.map(({ replica, signature }) => ({
      replica,
      signature: bytesOf(signature),
    })),
  };
}

/** One result with its path to the certified root. */
export const answerSchema = z.strictObject({
  request_digest: hash,
  result: hex.max(2 * protocolLimits.resultBytes),
  index: count,
  batch_size: count,
  path: z.array(hash).max(protocolLimits.pathLength),
});

export type AnswerJson = z.infer<typeof answerSchema>;

export function answerToJson(answer: Answer): AnswerJson {
  return {
    request_digest: answer.requestDigest,
    result: toHex(answer.result),
    index: answer.index,
    batch_size: answer.batchSize,
    path: answer.path.map(toHex),
  };
}

export function answerFromJson(answer: AnswerJson): Answer {
  return {
    requestDigest: answer.request_digest,
    result: bytesOf(answer.result),
    index: answer.index,
    batchSize: answer.batch_size,
    path: answer.path.map(bytesOf),
  };
}

/** How one membership epoch ended and the next began, in the words of the former. */
export const epochChangeSchema = z.strictObject({
  certificate: certificateSchema,
  membership: hex.max(2 * protocolLimits.membershipBytes),
  path: z.array(hash).max(protocolLimits.statePathLength),
});

export type EpochChangeJson = z.infer<typeof epochChangeSchema>;

export function epochChangeToJson(change: MessageOf<'epochChange'>): EpochChangeJson {
  return {
    certificate: certificateToJson(change.certificate),
    membership: toHex(change.membership),
    path: change.path.map(toHex),
  };
}

export function epochChangeFromJson(change: EpochChangeJson): MessageOf<'epochChange'> {
  return {
    type: 'epochChange',
    certificate: certificateFromJson(change.certificate),
    membership: bytesOf(change.membership),
    path: change.path.map(bytesOf),
  };
}

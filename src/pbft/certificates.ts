import { Writer } from '../base/codec.ts';
import { type Digest, digest } from '../base/digest.ts';
import { headerDigest } from './envelope.ts';
import type {
  CommitCertificate,
  PreparedCertificate,
  ResultCertificate,
  Statement,
  Vote,
} from './messages.ts';
import { quorum } from './quorum.ts';
import type { Reason } from './reason.ts';
import type { ValidatorSet, VerifyVote } from './replica.ts';
import { encodeStatement, writeResultCertificate } from './statement-codec.ts';

/** Encoded last: the answers of a batch are all checked under one statement. */
let lastEncoded: { readonly statement: Statement; readonly payload: Uint8Array } | null = null;

function payloadOf(statement: Statement): Uint8Array {
  if (lastEncoded?.statement !== statement) {
    lastEncoded = { statement, payload: encodeStatement(statement) };
  }
  return lastEncoded.payload;
}

/** `minimum` votes by distinct replicas, ascending, each a valid signature over `statement`. */
function checkVotes(
  statement: Statement,
  votes: readonly Vote[],
  minimum: number,
  excluded: number | null,
  n: number,
  verify: VerifyVote,
): Reason | null {
  if (votes.length < minimum) return `${votes.length} votes, ${minimum} needed`;
  let previous = -1;
  for (const { replica } of votes) {
    if (replica <= previous) return `vote of replica ${replica} out of order or twice`;
    if (replica >= n) return `vote of replica ${replica}, no validator`;
    if (replica === excluded) return `vote of replica ${replica}, the primary of the header`;
    previous = replica;
  }
  const payload = payloadOf(statement);
  for (const { replica, signature } of votes) {
    if (!verify(replica, payload, signature)) return `signature of replica ${replica}`;
  }
  return null;
}

function checkHeader(
  { header }: PreparedCertificate | CommitCertificate,
  n: number,
  verify: VerifyVote,
): Reason | null {
  if (header.sender !== header.statement.view % n) return 'header not by its primary';
  return verify(header.sender, header.payload, header.signature) ? null : 'signature of header';
}

/** §4.2: pre-prepare and quorum − 1 prepares by others: a quorum of distinct replicas. */
export function checkPreparedCertificate(
  certificate: PreparedCertificate,
  validators: ValidatorSet,
  verify: VerifyVote,
): Reason | null {
  const n = validators.publicKeys.length;
  const { view, sequence } = certificate.header.statement;
  const statement = { view, sequence, headerDigest: headerDigest(certificate.header) };
  return (
    checkHeader(certificate, n, verify) ??
    checkVotes(
      { type: 'prepare', ...statement },
      certificate.prepares,
      quorum(n) - 1,
      certificate.header.sender,
      n,
      verify,
    )
  );
}

/** §4.2: a quorum of commits for one header. */
export function checkCommitCertificate(
  certificate: CommitCertificate,
  validators: ValidatorSet,
  verify: VerifyVote,
): Reason | null {
  const n = validators.publicKeys.length;
  const { view, sequence } = certificate.header.statement;
  const statement = { view, sequence, headerDigest: headerDigest(certificate.header) };
  return (
    checkHeader(certificate, n, verify) ??
    checkVotes({ type: 'commit', ...statement }, certificate.commits, quorum(n), null, n, verify)
  );
}

/** A quorum of result votes, of this membership epoch: the answer a stranger can check. */
export function checkResultCertificate(
  certificate: ResultCertificate,
  validators: ValidatorSet,
  verify: VerifyVote,
): Reason | null {
  const { statement, votes } = certificate;
  if (statement.epoch !== validators.epoch) {
    return `membership epoch ${statement.epoch}, not ${validators.epoch}`;
  }
  const n = validators.publicKeys.length;
  return checkVotes(statement, votes, quorum(n), null, n, verify);
}

/** §4.3: as a result certificate, of a sequence at which a checkpoint falls due. */
export function checkCheckpointCertificate(
  certificate: ResultCertificate,
  checkpointInterval: number,
  validators: ValidatorSet,
  verify: VerifyVote,
): Reason | null {
  if (certificate.statement.sequence % checkpointInterval !== 0) {
    return `sequence ${certificate.statement.sequence} is no checkpoint`;
  }
  return checkResultCertificate(certificate, validators, verify);
}

/** Names a result certificate with its votes, as X.509 certificates carry it. */
export function resultCertificateDigest(certificate: ResultCertificate): Digest {
  const writer = new Writer();
  writeResultCertificate(writer, certificate);
  return digest('hypermesh/resultCertificate', writer.finish());
}

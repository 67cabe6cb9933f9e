import {
  AsnIntegerBigIntConverter,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
} from '@peculiar/asn1-schema';
import { assert } from '../base/assert.ts';
import { fromHex, toHex } from '../base/bytes.ts';
import { type Digest, digestBytes } from '../base/digest.ts';
import type { Answer, ResultStatement, Vote } from '../pbft/messages.ts';
import type { Requirements } from '../proofs/request.ts';
import { parseDer, toBuffer, toDer } from './der.ts';

/** Under the example arc of RFC 5612; a deployment configures its own. */
export const defaultExtensionOid = '1.3.6.1.4.1.32473.1';
const version = 1;

/** What a certificate says about the vote it was issued on. */
export interface ConsensusProof {
  /** The chain id of the cluster. */
  readonly clusterId: Digest;
  /** Information only: no vote covers it. */
  readonly view: number;
  /** Of the bytes of `validators.json`. */
  readonly validatorSetHash: Digest;
  /** Of the ResultCertificate with its votes (`resultCertificateDigest`). */
  readonly resultCertificateHash: Digest;
  /** What the votes are on: epoch, sequence, decision time, root of the results, state. */
  readonly statement: ResultStatement;
  readonly answer: Answer;
  /** What the requester asked for beyond the profile: the request hash covers it. */
  readonly requirements: Requirements | null;
  /** Ascending by replica; null where the cluster is too large to carry them. */
  readonly votes: readonly Vote[] | null;
}

/*
 * ConsensusProof ::= SEQUENCE {
 *   version               INTEGER (1),
 *   clusterId             OCTET STRING (SIZE (32)),
 *   epoch                 INTEGER,
 *   sequence              INTEGER,
 *   view                  INTEGER,
 *   decidedAtMs           INTEGER,          -- milliseconds since 1970
 *   validatorSetHash      OCTET STRING (SIZE (32)),
 *   resultCertificateHash OCTET STRING (SIZE (32)),
 *   resultsRoot           OCTET STRING (SIZE (32)),
 *   stateDigest           OCTET STRING (SIZE (32)),
 *   answer                Answer,
 *   votes                 [0] EXPLICIT SEQUENCE OF Vote OPTIONAL,
 *   requirements          [1] EXPLICIT Requirements OPTIONAL }
 *
 * Answer ::= SEQUENCE {
 *   requestDigest OCTET STRING (SIZE (32)),
 *   result        OCTET STRING,
 *   index         INTEGER,
 *   batchSize     INTEGER,
 *   path          SEQUENCE OF OCTET STRING }
 *
 * Vote ::= SEQUENCE { replica INTEGER, signature OCTET STRING }
 *
 * Requirements ::= SEQUENCE { stake INTEGER, timeOffsetMs INTEGER,
 *                             storageBytes INTEGER, computeBits INTEGER }
 *
 * Times are integers because the votes cover milliseconds, which DER's GeneralizedTime may not
 * spell with trailing zeros. The annotations are calls: decorators are no erasable syntax.
 */
const empty = new ArrayBuffer(0);

class VoteSyntax {
  replica = 0n;
  signature = empty;
}
class AnswerSyntax {
  requestDigest = empty;
  result = empty;
  index = 0n;
  batchSize = 0n;
  path: ArrayBuffer[] = [];
}
class RequirementsSyntax {
  minimumStake = 0n;
  maxTimeOffsetMs = 0n;
  minimumStorageBytes = 0n;
  minimumComputeBits = 0n;
}
class ProofSyntax {
  version = BigInt(version);
  clusterId = empty;
  epoch = 0n;
  sequence = 0n;
  view = 0n;
  decidedAtMs = 0n;
  validatorSetHash = empty;
  resultCertificateHash = empty;
  resultsRoot = empty;
  stateDigest = empty;
  answer = new AnswerSyntax();
  votes: VoteSyntax[] | undefined = undefined;
  requirements: RequirementsSyntax | undefined = undefined;
}

const requirementNames = [
  'minimumStake',
  'maxTimeOffsetMs',
  'minimumStorageBytes',
  'minimumComputeBits',
] as const;

const integer = AsnProp({ type: AsnPropTypes.Integer, converter: AsnIntegerBigIntConverter });
const octets = AsnProp({ type: AsnPropTypes.OctetString });

for (const type of [VoteSyntax, AnswerSyntax, RequirementsSyntax, ProofSyntax]) {
  AsnType({ type: AsnTypeTypes.Sequence })(type);
}
integer(VoteSyntax.prototype, 'replica');
octets(VoteSyntax.prototype, 'signature');
octets(AnswerSyntax.prototype, 'requestDigest');
octets(AnswerSyntax.prototype, 'result');
integer(AnswerSyntax.prototype, 'index');
integer(AnswerSyntax.prototype, 'batchSize');
AsnProp({ type: AsnPropTypes.OctetString, repeated: 'sequence' })(AnswerSyntax.prototype, 'path');
for (const name of requirementNames) integer(RequirementsSyntax.prototype, name);
integer(ProofSyntax.prototype, 'version');
octets(ProofSyntax.prototype, 'clusterId');
for (const name of ['epoch', 'sequence', 'view', 'decidedAtMs']) {
  integer(ProofSyntax.prototype, name);
}
for (const name of ['validatorSetHash', 'resultCertificateHash', 'resultsRoot', 'stateDigest']) {
  octets(ProofSyntax.prototype, name);
}
AsnProp({ type: AnswerSyntax })(ProofSyntax.prototype, 'answer');
AsnProp({ type: VoteSyntax, repeated: 'sequence', context: 0, optional: true })(
  ProofSyntax.prototype,
  'votes',
);
AsnProp({ type: RequirementsSyntax, context: 1, optional: true })(
  ProofSyntax.prototype,
  'requirements',
);

function hashBuffer(hash: Digest): ArrayBuffer {
  const bytes = fromHex(hash);
  assert(bytes !== null && bytes.length === digestBytes, `${hash} is no digest`);
  return toBuffer(bytes);
}

/** DER of the extension's value. */
export function encodeConsensusProof(proof: ConsensusProof): Uint8Array {
  const { statement, answer } = proof;
  const syntax = Object.assign(new ProofSyntax(), {
    clusterId: hashBuffer(proof.clusterId),
    epoch: BigInt(statement.epoch),
    sequence: BigInt(statement.sequence),
    view: BigInt(proof.view),
    decidedAtMs: BigInt(statement.timestamp),
    validatorSetHash: hashBuffer(proof.validatorSetHash),
    resultCertificateHash: hashBuffer(proof.resultCertificateHash),
    resultsRoot: hashBuffer(statement.resultsRoot),
    stateDigest: hashBuffer(statement.stateDigest),
    answer: Object.assign(new AnswerSyntax(), {
      requestDigest: hashBuffer(answer.requestDigest),
      result: toBuffer(answer.result),
      index: BigInt(answer.index),
      batchSize: BigInt(answer.batchSize),
      path: answer.path.map(toBuffer),
    }),
    votes: proof.votes?.map(({ replica, signature }) =>
      Object.assign(new VoteSyntax(), {
        replica: BigInt(replica),
        signature: toBuffer(signature),
      }),
    ),
    requirements: proof.requirements === null ? undefined : requirementsSyntax(proof.requirements),
  });
  return toDer(syntax);
}

function requirementsSyntax(requirements: Requirements): RequirementsSyntax {
  const syntax = new RequirementsSyntax();
  for (const name of requirementNames) syntax[name] = BigInt(requirements[name]);
  return syntax;
}

function readRequirements(syntax: RequirementsSyntax): Requirements {
  return {
    minimumStake: Number(syntax.minimumStake),
    maxTimeOffsetMs: Number(syntax.maxTimeOffsetMs),
    minimumStorageBytes: Number(syntax.minimumStorageBytes),
    minimumComputeBits: Number(syntax.minimumComputeBits),
  };
}

/** The last moment a Date can hold (ECMA-262 §21.4.1.1). */
const maxTimeMs = 8.64e15;

function numbersInRange(syntax: ProofSyntax): boolean {
  const { requirements } = syntax;
  const numbers = [
    syntax.epoch,
    syntax.sequence,
    syntax.view,
    syntax.decidedAtMs,
    syntax.answer.index,
    syntax.answer.batchSize,
    ...(syntax.votes ?? []).map(({ replica }) => replica),
    ...(requirements === undefined ? [] : requirementNames.map((name) => requirements[name])),
  ];
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return syntax.decidedAtMs <= BigInt(maxTimeMs) && numbers.every((n) => n >= 0n && n <= most);
}

/** Reads the extension's value; null unless it is the one DER encoding of a proof in range. */
export function decodeConsensusProof(der: Uint8Array): ConsensusProof | null {
  const syntax = parseDer(ProofSyntax, der);
  if (syntax === null || syntax.version !== BigInt(version)) return null;
  const hashes = [
    syntax.clusterId,
    syntax.validatorSetHash,
    syntax.resultCertificateHash,
    syntax.resultsRoot,
    syntax.stateDigest,
    syntax.answer.requestDigest,
    ...syntax.answer.path,
  ];
  if (hashes.some((hash) => hash.byteLength !== digestBytes)) return null;
  if (!numbersInRange(syntax)) return null;
  const hex = (buffer: ArrayBuffer): string => toHex(new Uint8Array(buffer));
  const { answer } = syntax;
  return {
    clusterId: hex(syntax.clusterId),
    view: Number(syntax.view),
    validatorSetHash: hex(syntax.validatorSetHash),
    resultCertificateHash: hex(syntax.resultCertificateHash),
    statement: {
      type: 'result',
      epoch: Number(syntax.epoch),
      sequence: Number(syntax.sequence),
      timestamp: Number(syntax.decidedAtMs),
      resultsRoot: hex(syntax.resultsRoot),
      stateDigest: hex(syntax.stateDigest),
    },
    answer: {
      requestDigest: hex(answer.requestDigest),
      result: new Uint8Array(answer.result),
      index: Number(answer.index),
      batchSize: Number(answer.batchSize),
      path: answer.path.map((bytes) => new Uint8Array(bytes)),
    },
    requirements: syntax.requirements === undefined ? null : readRequirements(syntax.requirements),
    votes:
      syntax.votes?.map((vote) => ({
        replica: Number(vote.replica),
        signature: new Uint8Array(vote.signature),
      })) ?? null,
  };
}

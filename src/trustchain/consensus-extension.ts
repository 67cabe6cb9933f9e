import { assert } from '../base/assert.ts';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { type Digest, digestBytes } from '../base/digest.ts';
import type { Answer, ResultStatement, Vote } from '../pbft/messages.ts';
import type { Requirements } from '../proofs/request.ts';
import { type Element, readElements, readInside, readUnsigned } from './der-reader.ts';
import {
  elementHeader,
  integer,
  octetString,
  sequence,
  sequenceOf,
  tagged,
  tags,
} from './der-writer.ts';

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
 * spell with trailing zeros.
 */
const requirementNames = [
  'minimumStake',
  'maxTimeOffsetMs',
  'minimumStorageBytes',
  'minimumComputeBits',
] as const;

function hashOctets(hash: Digest): Uint8Array {
  const bytes = fromHex(hash);
  assert(bytes !== null && bytes.length === digestBytes, `${hash} is no digest`);
  return octetString(bytes);
}

/** DER of the extension's value. */
export function encodeConsensusProof(proof: ConsensusProof): Uint8Array {
  return concatBytes(...consensusProofParts(encodeConsensusBody(proof), proof.requirements));
}

/**
 * The same of a body that was encoded before, what requests of one answer have in common: parts
 * that follow each other, for it is kilobytes.
 */
export function consensusProofParts(
  body: Uint8Array,
  requirements: Requirements | null,
): readonly Uint8Array[] {
  if (requirements === null) return [elementHeader(tags.sequence, body.length), body];
  const numbers = requirementNames.map((name) => integer(requirements[name]));
  const wishes = tagged(1, sequence(...numbers));
  return [elementHeader(tags.sequence, body.length + wishes.length), body, wishes];
}

/** All fields but the requirements, without the header of the sequence they stand in. */
export function encodeConsensusBody(proof: Omit<ConsensusProof, 'requirements'>): Uint8Array {
  const { statement, votes } = proof;
  const numbers = [statement.epoch, statement.sequence, proof.view, statement.timestamp];
  const hashes = [
    proof.validatorSetHash,
    proof.resultCertificateHash,
    statement.resultsRoot,
    statement.stateDigest,
  ];
  return concatBytes(
    integer(version),
    hashOctets(proof.clusterId),
    ...numbers.map(integer),
    ...hashes.map(hashOctets),
    encodeAnswer(proof.answer),
    ...(votes === null ? [] : [tagged(0, sequenceOf(votes.map(encodeVote)))]),
  );
}

function encodeAnswer(answer: Answer): Uint8Array {
  return sequence(
    hashOctets(answer.requestDigest),
    octetString(answer.result),
    integer(answer.index),
    integer(answer.batchSize),
    sequenceOf(answer.path.map(octetString)),
  );
}

function encodeVote({ replica, signature }: Vote): Uint8Array {
  return sequence(integer(replica), octetString(signature));
}

/** The last moment a Date can hold (ECMA-262 §21.4.1.1). */
const maxTimeMs = 8.64e15;

/** Reads the extension's value; null unless it is the one DER encoding of a proof in range. */
export function decodeConsensusProof(der: Uint8Array): ConsensusProof | null {
  const fields = readInside(der, tags.sequence) ?? [];
  const [wrappedVotes, wrappedRequirements] = optionalFields(fields.slice(11)) ?? [];
  if (wrappedVotes === undefined || wrappedRequirements === undefined) return null;
  const [number, epoch, at, view, decidedAtMs] = [0, 2, 3, 4, 5].map((i) => numberIn(fields[i]));
  const hashes = [1, 6, 7, 8, 9].map((i) => hashIn(fields[i]));
  const [clusterId, validatorSetHash, resultCertificateHash, resultsRoot, stateDigest] = hashes;
  const answer = readAnswer(fields[10]);
  const votes = wrappedVotes === null ? null : readVotes(wrappedVotes);
  const requirements = wrappedRequirements === null ? null : readRequirements(wrappedRequirements);
  if (number !== version || votes === undefined || requirements === undefined) return null;
  if (epoch == null || at == null || view == null || decidedAtMs == null) return null;
  if (clusterId == null || validatorSetHash == null || resultCertificateHash == null) return null;
  if (resultsRoot == null || stateDigest == null || answer === null) return null;
  if (decidedAtMs > maxTimeMs) return null;
  return {
    clusterId,
    view,
    validatorSetHash,
    resultCertificateHash,
    statement: {
      type: 'result',
      epoch,
      sequence: at,
      timestamp: decidedAtMs,
      resultsRoot,
      stateDigest,
    },
    answer,
    requirements,
    votes,
  };
}

/** `[0]` and `[1]`, each null where absent; null altogether for other tags or another order. */
function optionalFields(fields: readonly Element[]): readonly (Element | null)[] | null {
  const [first, second, more] = fields;
  if (more !== undefined) return null;
  if (first === undefined) return [null, null];
  if (first.tag === 0xa1 && second === undefined) return [null, first];
  if (first.tag !== 0xa0) return null;
  return second === undefined || second.tag === 0xa1 ? [first, second ?? null] : null;
}

function numberIn(field: Element | undefined): number | null {
  return field === undefined ? null : readUnsigned(field);
}

function octetsIn(field: Element | undefined): Uint8Array | null {
  // Copied: what is kept must not hold the whole certificate in memory.
  return field?.tag === tags.octetString ? field.content.slice() : null;
}

function hashIn(field: Element | undefined): Digest | null {
  const octets = octetsIn(field);
  return octets?.length === digestBytes ? toHex(octets) : null;
}

function readAnswer(field: Element | undefined): Answer | null {
  const fields = field?.tag === tags.sequence ? (readElements(field.content) ?? []) : [];
  const requestDigest = hashIn(fields[0]);
  const result = octetsIn(fields[1]);
  const index = numberIn(fields[2]);
  const batchSize = numberIn(fields[3]);
  const steps = fields[4]?.tag === tags.sequence ? readElements(fields[4].content) : null;
  const path = steps?.map(octetsIn) ?? [null];
  if (requestDigest === null || result === null || fields.length !== 5) return null;
  if (index === null || batchSize === null) return null;
  if (!path.every((step) => step?.length === digestBytes)) return null;
  return { requestDigest, result, index, batchSize, path: path as Uint8Array[] };
}

/** Undefined: malformed. */
function readVotes({ content }: Element): readonly Vote[] | undefined {
  const votes: Vote[] = [];
  for (const field of readInside(content, tags.sequence) ?? [null]) {
    const parts = field?.tag === tags.sequence ? readElements(field.content) : null;
    const replica = numberIn(parts?.[0]);
    const signature = octetsIn(parts?.[1]);
    if (replica === null || signature === null || parts?.length !== 2) return undefined;
    votes.push({ replica, signature });
  }
  return votes;
}

function readRequirements({ content }: Element): Requirements | undefined {
  const numbers = readInside(content, tags.sequence)?.map(readUnsigned) ?? [];
  const [stake, offset, storage, compute, more] = numbers;
  if (stake == null || offset == null || storage == null || compute == null) return undefined;
  if (more !== undefined) return undefined;
  return {
    minimumStake: stake,
    maxTimeOffsetMs: offset,
    minimumStorageBytes: storage,
    minimumComputeBits: compute,
  };
}

import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import { resultCertificateDigest } from '../pbft/certificates.ts';
import type { ValidatorSet } from '../pbft/replica.ts';
import type { Requirements } from '../proofs/request.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import { readSigned, readTbs } from './certificate-reader.ts';
import type { IssuedCertificate } from './certificate-store.ts';
import { encodeConsensusProof } from './consensus-extension.ts';
import { readTime } from './der-reader.ts';
import type { IssuedRecord } from './issuance-record.ts';
import { bindConsensus } from './leaf.ts';
import { limits } from './limits.ts';
import { toPem } from './pem.ts';
import { formatProofFile, parseProofFile } from './proof-file.ts';

/** The certificate to sign, and the proof file beside it: both follow from the vote alone. */
export function bindVote(options: {
  readonly tbs0: Uint8Array;
  readonly serial: string;
  readonly certified: CertifiedAnswer;
  readonly requirements: Requirements | null;
  readonly validators: ValidatorSet;
  readonly validatorSetHash: string;
  readonly extensionOid: string;
}): { readonly tbs: Uint8Array; readonly proofJson: string } {
  const { certified, validators, validatorSetHash } = options;
  const { certificate, answer, view } = certified;
  const carriesVotes = validators.publicKeys.length <= limits.replicasWithVotesInCertificate;
  const value = encodeConsensusProof({
    clusterId: validators.chainId,
    view,
    validatorSetHash,
    resultCertificateHash: resultCertificateDigest(certificate),
    statement: certificate.statement,
    answer,
    requirements: options.requirements,
    votes: carriesVotes ? certificate.votes : null,
  });
  const proofJson = formatProofFile({
    serial: options.serial,
    clusterId: validators.chainId,
    view,
    validatorSetHash,
    certificate,
    answer,
  });
  return { tbs: bindConsensus(options.tbs0, options.extensionOid, value), proofJson };
}

/** Sixteen octets as the 32 hex digits of file names. */
export function serialName(serial: ArrayBuffer | Uint8Array): string {
  return toHex(new Uint8Array(serial)).padStart(32, '0');
}

/** Serial of a to-be-signed certificate of ours; null when the bytes are none. */
export function serialOfTbs(tbs: Uint8Array): string | null {
  const read = readTbs(tbs);
  return read === null ? null : serialName(read.serial);
}

/** What the store keeps of a journal record; null when its bytes are no certificate of ours. */
export function readIssued(record: IssuedRecord): IssuedCertificate | null {
  const proof = parseProofFile(record.proofJson);
  return proof.ok ? issuedOf(record, decidedIn(proof.value)) : null;
}

/** What the store keeps of the quorum's answer. */
export type Decided = Pick<
  IssuedCertificate,
  'epoch' | 'sequence' | 'view' | 'decidedAtMs' | 'voters'
>;

export function decidedIn({ certificate, view }: Omit<CertifiedAnswer, 'answer'>): Decided {
  const { statement, votes } = certificate;
  const { epoch, sequence, timestamp: decidedAtMs } = statement;
  return { epoch, sequence, view, decidedAtMs, voters: votes.map(({ replica }) => replica) };
}

/** As {@link readIssued}, where the answer is at hand: reading the proof file takes a while. */
export function issuedOf(record: IssuedRecord, decided: Decided): IssuedCertificate | null {
  const { certificate, proofJson, nodeId, logIndex } = record;
  const signed = readSigned(certificate);
  const tbs = signed === null ? null : readTbs(signed.toBeSigned);
  const notAfterMs = tbs === null ? null : readTime(tbs.notAfter);
  if (tbs === null || notAfterMs === null) return null;
  const pem = toPem('CERTIFICATE', certificate);
  const serial = serialName(tbs.serial);
  return { serial, pem, proofJson, ...decided, notAfterMs, nodeId, logIndex };
}

/** The quorum's answer a stored certificate was issued on. */
export function certifiedOf(certificate: IssuedCertificate): CertifiedAnswer {
  const proof = parseProofFile(certificate.proofJson);
  assert(proof.ok, 'the store holds proof files this room wrote');
  const { value } = proof;
  return { certificate: value.certificate, answer: value.answer, view: value.view };
}

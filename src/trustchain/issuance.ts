import { toHex } from '../base/bytes.ts';
import type { Requirements } from '../proofs/request.ts';
import { readSigned, readTbs } from './certificate-reader.ts';
import { consensusProofParts } from './consensus-extension.ts';
import { readTime } from './der-reader.ts';
import type { IssuedRecord } from './issuance-record.ts';
import { KeptCertificate } from './kept-certificate.ts';
import { bindConsensus } from './leaf.ts';
import type { SharedAnswer } from './shared-answer.ts';

/** The certificate to sign: it follows from draft and vote alone. */
export function bindVote(options: {
  readonly tbs0: Uint8Array;
  readonly answer: SharedAnswer;
  readonly requirements: Requirements | null;
  readonly extensionOid: string;
}): Uint8Array {
  const value = consensusProofParts(options.answer.body, options.requirements);
  return bindConsensus(options.tbs0, options.extensionOid, ...value);
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
export function issuedOf({
  certificate,
  answer,
  nodeId,
  logIndex,
}: IssuedRecord): KeptCertificate | null {
  const signed = readSigned(certificate);
  const tbs = signed === null ? null : readTbs(signed.toBeSigned);
  const notAfterMs = tbs === null ? null : readTime(tbs.notAfter);
  if (tbs === null || notAfterMs === null) return null;
  const serial = serialName(tbs.serial);
  return new KeptCertificate(certificate, answer, { serial, notAfterMs, nodeId, logIndex });
}

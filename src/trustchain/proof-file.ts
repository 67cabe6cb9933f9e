import { z } from 'zod';
import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import type { Answer, ResultCertificate } from '../pbft/messages.ts';
import {
  answerFromJson,
  answerSchema,
  answerToJson,
  certificateFromJson,
  certificateSchema,
  certificateToJson,
} from '../runtime/certificate-json.ts';
import { canonicalJson, count, hash, type Parsed, parseCanonical } from './json-format.ts';
import { limits } from './limits.ts';

/** `proofs/<serial>.json`: the quorum's whole answer, for who wants more than the certificate. */
export interface ProofFile {
  /** Lower-case hex, as in the file's name. */
  readonly serial: string;
  readonly clusterId: Digest;
  readonly view: number;
  readonly validatorSetHash: Digest;
  readonly certificate: ResultCertificate;
  readonly answer: Answer;
}

const schema = z.strictObject({
  format: z.literal('hypermesh-proof-1'),
  serial: z.string().regex(/^[0-9a-f]{32}$/, '32 lower-case hex digits'),
  chain_id: hash,
  validator_set_hash: hash,
  view: count,
  result_certificate: certificateSchema,
  answer: answerSchema,
});

export function formatProofFile(proof: ProofFile): string {
  const { certificate, answer } = proof;
  const value: z.infer<typeof schema> = {
    format: 'hypermesh-proof-1',
    serial: proof.serial,
    chain_id: proof.clusterId,
    validator_set_hash: proof.validatorSetHash,
    view: proof.view,
    result_certificate: certificateToJson(certificate),
    answer: answerToJson(answer),
  };
  return canonicalJson(value);
}

const head = '{\n  "format": "hypermesh-proof-1",\n  "serial": "';

/** All that a proof file says behind its serial, which only the answer decides. */
export function behindSerial(proofJson: string): string {
  assert(proofJson.startsWith(head), 'format and serial come first');
  return proofJson.slice(head.length + 2 * limits.serialBytes);
}

/** The proof file again, of the certificate with this serial. */
export function withSerial(serial: string, rest: string): string {
  return head + serial + rest;
}

/** Accepts only what {@link formatProofFile} writes. */
export function parseProofFile(text: string): Parsed<ProofFile> {
  const parsed = parseCanonical('proof file', schema, text, limits.proofJsonBytes);
  if (!parsed.ok) return parsed;
  const { result_certificate: certificate, answer, ...rest } = parsed.value;
  return {
    ok: true,
    value: {
      serial: rest.serial,
      clusterId: rest.chain_id,
      view: rest.view,
      validatorSetHash: rest.validator_set_hash,
      certificate: certificateFromJson(certificate),
      answer: answerFromJson(answer),
    },
  };
}

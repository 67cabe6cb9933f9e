import { z } from 'zod';
import { assert } from '../base/assert.ts';
import { fromHex, toHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { Answer, ResultCertificate } from '../pbft/messages.ts';
import { canonicalJson, count, hash, hex, type Parsed, parseCanonical } from './json-format.ts';
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
  result_certificate: z.strictObject({
    epoch: count,
    sequence: count,
    decided_at: z.iso.datetime({ precision: 3 }),
    results_root: hash,
    state_digest: hash,
    votes: z
      .array(z.strictObject({ replica: count, signature: hex.max(128) }))
      .max(protocolLimits.replicas),
  }),
  answer: z.strictObject({
    request_digest: hash,
    result: hex.max(2 * protocolLimits.resultBytes),
    index: count,
    batch_size: count,
    path: z.array(hash).max(protocolLimits.pathLength),
  }),
});

export function formatProofFile(proof: ProofFile): string {
  const { certificate, answer } = proof;
  const { statement } = certificate;
  const value: z.infer<typeof schema> = {
    format: 'hypermesh-proof-1',
    serial: proof.serial,
    chain_id: proof.clusterId,
    validator_set_hash: proof.validatorSetHash,
    view: proof.view,
    result_certificate: {
      epoch: statement.epoch,
      sequence: statement.sequence,
      decided_at: new Date(statement.timestamp).toISOString(),
      results_root: statement.resultsRoot,
      state_digest: statement.stateDigest,
      votes: certificate.votes.map(({ replica, signature }) => ({
        replica,
        signature: toHex(signature),
      })),
    },
    answer: {
      request_digest: answer.requestDigest,
      result: toHex(answer.result),
      index: answer.index,
      batch_size: answer.batchSize,
      path: answer.path.map(toHex),
    },
  };
  return canonicalJson(value);
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
      certificate: {
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
      },
      answer: {
        requestDigest: answer.request_digest,
        result: bytesOf(answer.result),
        index: answer.index,
        batchSize: answer.batch_size,
        path: answer.path.map(bytesOf),
      },
    },
  };
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== null, 'the schema lets only hex through');
  return bytes;
}

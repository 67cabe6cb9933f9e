import { z } from 'zod';
import { assert } from '../base/assert.ts';
import { fromHex, toHex } from '../base/bytes.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { ResultCertificate } from '../pbft/messages.ts';
import { count, hash, hex } from './json-format.ts';

/** A quorum's certificate as the files of this room spell it. */
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

type CertificateJson = z.infer<typeof certificateSchema>;

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

/** Bytes of hex that a schema let through. */
export function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== null, 'the schema lets only hex through');
  return bytes;
}

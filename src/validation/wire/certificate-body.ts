import { z } from 'zod';
import { toHex } from '../../base/bytes.ts';
import type { Decoded } from '../../base/codec.ts';
import { decodeOperation } from '../../ledger/operation.ts';
import { limits as proofLimits } from '../../proofs/limits.ts';
import { bytesOf, hash } from '../../runtime/json-format.ts';
import {
  hexOf,
  ipv6Address,
  label,
  lastMomentMs,
  moment,
  momentOf,
  name,
  nodeKey,
  requestId,
  signature,
} from './formats.ts';
import { wireLimits } from './limits.ts';
import { proofSetFromJson, proofSetSchema, proofSetToJson } from './proof-set-json.ts';
import { type BodyOperation, defaultLifeMs, operationFrom } from './request-of.ts';
import {
  requirementsFromJson,
  requirementsSchema,
  requirementsToJson,
} from './requirements-json.ts';

/** `certificate_request` of the contract, §4. */
export const certificateRequestSchema = z.strictObject({
  common_name: name,
  san_entries: z.array(name).max(proofLimits.sanEntries),
  node_id: nodeKey,
  ipv6_addresses: z.array(ipv6Address).max(proofLimits.ipv6Addresses),
  public_key: hexOf(proofLimits.publicKeyBytes).meta({
    description: 'SubjectPublicKeyInfo (DER) of the key the certificate is for',
  }),
  tbs_digest: hash.optional(),
  not_after: moment.optional().meta({
    description: 'End of the certificate; the stake stays locked past it. A day when absent',
  }),
  proof_set: proofSetSchema,
  timestamp: moment.meta({ description: 'That of the time proof' }),
  signature: signature
    .optional()
    .meta({ description: 'By the node key over subject, requirements and proofs' }),
});

/** For the requester's own books and the logs of the node: no replica decides by it. */
export const validationContextSchema = z.strictObject({
  ca_id: label.optional(),
  network_id: label.optional(),
  certificate_type: label.optional(),
  metadata: z
    .record(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), label)
    .refine((entries) => Object.keys(entries).length <= wireLimits.metadataEntries, {
      message: `at most ${wireLimits.metadataEntries} entries`,
    })
    .optional(),
});

export type ValidationContext = z.infer<typeof validationContextSchema>;

/** Body of `POST /consensus/validation/certificate`. */
export const certificateBodySchema = z.strictObject({
  certificate_request: certificateRequestSchema,
  consensus_requirements: requirementsSchema.optional(),
  request_id: requestId,
  timestamp: moment.meta({ description: 'When this body was sent, by the clock of its sender' }),
  validation_context: validationContextSchema.optional(),
});

export type CertificateBody = z.infer<typeof certificateBodySchema>;

/** The operation that this body stands for: byte for byte what the node key signed. */
export function certificateOperation(body: CertificateBody): BodyOperation {
  const asked = body.certificate_request;
  const end = asked.not_after;
  const subject = {
    requestId: body.request_id,
    commonName: asked.common_name,
    sanEntries: asked.san_entries,
    nodeId: bytesOf(asked.node_id),
    ipv6Addresses: asked.ipv6_addresses,
    publicKey: bytesOf(asked.public_key),
    tbsDigest: asked.tbs_digest ?? null,
    notAfterMs: end === undefined ? Date.parse(asked.timestamp) + defaultLifeMs : Date.parse(end),
    requirements: requirementsFromJson(body.consensus_requirements),
  };
  return operationFrom(subject, {
    at: '/certificate_request',
    timestamp: asked.timestamp,
    signature: asked.signature,
    proofs: proofSetFromJson(asked.proof_set),
  });
}

/**
 * The body that stands for `operation`, for who has only its bytes; {@link certificateOperation}
 * gives them back. `sentAtMs`: the sender's clock, milliseconds since 1970.
 */
export function certificateBodyOf(
  operation: Uint8Array,
  sentAtMs: number,
  context?: ValidationContext,
): Decoded<CertificateBody> {
  const decoded = decodeOperation(operation);
  if (!decoded.ok) return decoded;
  if (decoded.value.type !== 'validate') {
    return { ok: false, reason: `${decoded.value.type}: no certificate request` };
  }
  const { subject, proofs, signature: signed } = decoded.value.request;
  if (Math.max(subject.notAfterMs, proofs.time.timestamp) > lastMomentMs) {
    return { ok: false, reason: 'a time past the year 9999' };
  }
  const requirements = subject.requirements;
  const value: CertificateBody = {
    certificate_request: {
      common_name: subject.commonName,
      san_entries: [...subject.sanEntries],
      node_id: toHex(subject.nodeId),
      ipv6_addresses: [...subject.ipv6Addresses],
      public_key: toHex(subject.publicKey),
      ...(subject.tbsDigest !== null && { tbs_digest: subject.tbsDigest }),
      not_after: momentOf(subject.notAfterMs),
      proof_set: proofSetToJson(proofs),
      timestamp: momentOf(proofs.time.timestamp),
      signature: toHex(signed),
    },
    ...(requirements !== null && { consensus_requirements: requirementsToJson(requirements) }),
    request_id: subject.requestId,
    timestamp: momentOf(sentAtMs),
    ...(context !== undefined && { validation_context: context }),
  };
  return { ok: true, value };
}

/** Body of `POST /consensus/validation/batch`: each request is on its own. */
export const batchBodySchema = z.strictObject({
  requests: z.array(certificateBodySchema).min(1).max(wireLimits.batchRequests),
});

import { z } from 'zod';
import { concatBytes, fromHex } from '../../base/bytes.ts';
import { Writer } from '../../base/codec.ts';
import { type Digest, digest } from '../../base/digest.ts';
import type { CertificateSubject } from '../../proofs/request.ts';
import { bytesOf } from '../../runtime/json-format.ts';
import { label, moment, name, nodeKey, requestId, signature } from './formats.ts';
import { proofSetFromJson, proofSetSchema } from './proof-set-json.ts';
import { type BodyOperation, defaultLifeMs, operationFrom } from './request-of.ts';

/**
 * Body of `POST /consensus/validation/four-proof`: any operation on any asset, for services that
 * are no certificate authority.
 */
export const fourProofBodySchema = z.strictObject({
  proof_set: proofSetSchema,
  operation: label.min(1).meta({ description: 'What is done, in words of the service that asks' }),
  asset_id: name.meta({ description: 'On what; the stake must be allowed this name' }),
  node_id: nodeKey,
  request_id: requestId,
  timestamp: moment.meta({ description: 'That of the time proof' }),
  not_after: moment.optional().meta({ description: 'The stake stays locked past it' }),
  signature: signature.optional().meta({ description: 'By the node key over subject and proofs' }),
});

export type FourProofBody = z.infer<typeof fourProofBodySchema>;

/** SubjectPublicKeyInfo of a raw Ed25519 key (RFC 8410 §4). */
const spkiPrefix = fromHex('302a300506032b6570032100') as Uint8Array;

/** Binds proofs and vote to one operation on one asset, as `tbs_digest` binds a certificate's. */
export function assetOperationDigest(operation: string, assetId: string): Digest {
  const writer = new Writer(512).text(operation).text(assetId);
  return digest('hypermesh/asset-operation', writer.finish());
}

/**
 * The subject that an operation on an asset is proved for: the asset is its name, the node's own
 * key its key, and operation and asset stand where a certificate's digest would.
 */
export function assetSubject(about: {
  readonly requestId: string;
  readonly nodeId: Uint8Array;
  readonly operation: string;
  readonly assetId: string;
  readonly notAfterMs: number;
}): CertificateSubject {
  return {
    requestId: about.requestId,
    commonName: about.assetId,
    sanEntries: [],
    nodeId: about.nodeId,
    ipv6Addresses: [],
    publicKey: concatBytes(spkiPrefix, about.nodeId),
    tbsDigest: assetOperationDigest(about.operation, about.assetId),
    notAfterMs: about.notAfterMs,
    requirements: null,
  };
}

/** The operation that this body stands for. */
export function fourProofOperation(body: FourProofBody): BodyOperation {
  const end = body.not_after;
  const subject = assetSubject({
    requestId: body.request_id,
    nodeId: bytesOf(body.node_id),
    operation: body.operation,
    assetId: body.asset_id,
    notAfterMs: end === undefined ? Date.parse(body.timestamp) + defaultLifeMs : Date.parse(end),
  });
  return operationFrom(subject, {
    at: '',
    timestamp: body.timestamp,
    signature: body.signature,
    proofs: proofSetFromJson(body.proof_set),
  });
}

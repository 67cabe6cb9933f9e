import { z } from 'zod';
import { toHex } from '../base/bytes.ts';
import { limits as proofLimits } from '../proofs/limits.ts';
import type { CertificateSubject } from '../proofs/request.ts';
import { count, hash } from '../runtime/json-format.ts';
import type { IssuedCertificate } from '../trustchain/certificate-store.ts';
import { leafLifetimesMs, leafUsages } from '../trustchain/leaf-profile.ts';
import { limits } from '../trustchain/limits.ts';
import { toPem } from '../trustchain/pem.ts';
import { type RevocationReason, revocationReasons } from '../trustchain/revocation.ts';
import { hexOf, momentOf, nodeKey, requestId, signature } from '../validation/wire/formats.ts';
import { proofSetSchema } from '../validation/wire/proof-set-json.ts';
import { requirementsSchema, requirementsToJson } from '../validation/wire/requirements-json.ts';
import type { TrustchainParts } from './trustchain-parts.ts';

/** Bodies and answers of TrustChain's own endpoints. */

const lifetimes = Object.keys(leafLifetimesMs) as (keyof typeof leafLifetimesMs)[];
const reasons = Object.keys(revocationReasons) as [RevocationReason, ...RevocationReason[]];

const wishes = {
  csr: z
    .string()
    .min(1)
    .max(2 * limits.csrBytes)
    .meta({ description: 'PKCS #10 in PEM, or its DER in base64' }),
  profile: z.enum(leafUsages).optional().meta({ description: 'What the certificate is for' }),
  lifetime: z
    .enum(lifetimes)
    .optional()
    .meta({ description: 'day: 24 hours; shortLived: 160 hours' }),
  consensus_requirements: requirementsSchema.optional(),
};

/** Body of `POST /certificates`. */
export const askSchema = z.strictObject({
  ...wishes,
  request_id: requestId.optional(),
  /** Ready-made proofs for the draft of this node and request id. */
  node_id: nodeKey.optional(),
  proof_set: proofSetSchema.optional(),
  signature: signature.optional(),
});

/** Body of `POST /certificates/{serial}/renewal`. */
export const renewalBodySchema = z.strictObject({
  /** The holder signs it, so that it cannot be left to us. */
  request_id: requestId,
  csr: wishes.csr.optional().meta({ description: 'Of a new key; left out: the key stays' }),
  lifetime: wishes.lifetime,
  consensus_requirements: wishes.consensus_requirements,
  supersede: z.boolean().optional().meta({ description: 'Revoke the old one as superseded' }),
  signature: hexOf(1024)
    .optional()
    .meta({
      description:
        "By the certificate's key over `hypermesh/renewal` ‖ 00 ‖ serial (16 octets) ‖ supersede " +
        '(1 octet) ‖ SHA-256 of the new SubjectPublicKeyInfo ‖ request id: ECDSA in DER or RSA ' +
        'PKCS #1 with SHA-256, or Ed25519',
    }),
});

export type RenewalBody = z.infer<typeof renewalBodySchema>;

/** Body of `POST /certificates/drafts`. */
export const draftBodySchema = z.strictObject({
  ...wishes,
  request_id: requestId.optional(),
  node_id: nodeKey,
});

export type AskBody = z.infer<typeof askSchema>;

const moment = z.iso.datetime({ precision: 3 });

/** What `proof_set` has to be made for: the fields of the contract's `certificate_request`. */
export const draftSchema = z.object({
  request_id: requestId,
  chain_id: hash,
  common_name: z.string(),
  san_entries: z.array(z.string()).max(proofLimits.sanEntries),
  ipv6_addresses: z.array(z.string()).max(proofLimits.ipv6Addresses),
  node_id: nodeKey,
  public_key: hexOf(proofLimits.publicKeyBytes),
  tbs_digest: hash,
  not_after: moment,
  consensus_requirements: requirementsSchema.nullable(),
  terms: z
    .object({ beacon: z.object({ epoch: count, value: hash }), compute_bits: count })
    .nullable()
    .meta({ description: 'The newest beacon known here and its price; null: none known yet' }),
  expires_at: moment,
});

export function draftToJson(
  subject: CertificateSubject,
  expiresAtMs: number,
  { chainId, prover }: TrustchainParts,
): z.infer<typeof draftSchema> {
  const { terms } = prover;
  const { requirements } = subject;
  return {
    request_id: subject.requestId,
    chain_id: chainId,
    common_name: subject.commonName,
    san_entries: [...subject.sanEntries],
    ipv6_addresses: [...subject.ipv6Addresses],
    node_id: toHex(subject.nodeId),
    public_key: toHex(subject.publicKey),
    tbs_digest: subject.tbsDigest ?? '',
    not_after: momentOf(subject.notAfterMs),
    consensus_requirements: requirements === null ? null : requirementsToJson(requirements),
    terms: terms === null ? null : { beacon: terms.beacon, compute_bits: terms.computeBits },
    expires_at: momentOf(expiresAtMs),
  };
}

const serial = z.string().regex(/^[0-9a-f]{32}$/);
const revocation = z.object({ reason: z.enum(reasons), revoked_at: moment });

export const certificateSchema = z.object({
  serial,
  status: z.enum(['good', 'revoked']),
  certificate: z.string().meta({ description: 'PEM: the leaf, then who signed it' }),
  decided_at: moment,
  not_after: moment,
  sequence: count,
  view: count,
  proof: z.string().meta({ description: "Where the quorum's whole answer is" }),
  revocation: revocation.optional(),
});

export const issuedSchema = certificateSchema.extend({ request_id: requestId });

export function certificateToJson(
  certificate: IssuedCertificate,
  parts: TrustchainParts,
): z.infer<typeof certificateSchema> {
  return {
    ...besideChain(certificate, parts),
    certificate: certificate.pem + parts.issuer.chainPem,
  };
}

/**
 * {@link issuedSchema} as text. Ten kilobytes of it are the chain, whose characters stand for
 * themselves but for the ends of lines: those are spelled as it is put together.
 */
export function issuedToText(
  id: string,
  certificate: IssuedCertificate,
  parts: TrustchainParts,
): string {
  const rest = JSON.stringify({ request_id: id, ...besideChain(certificate, parts) });
  const leaf = toPem('CERTIFICATE', certificate.der, '\\n');
  const chain = leaf + parts.issuer.chainPem.replaceAll('\n', '\\n');
  return `${rest.slice(0, -1)},"certificate":"${chain}"}`;
}

function besideChain(
  { serial, decidedAtMs, notAfterMs, sequence, view }: IssuedCertificate,
  { authority }: TrustchainParts,
): Omit<z.infer<typeof certificateSchema>, 'certificate'> {
  const revoked = authority.revocations.get(serial);
  return {
    serial,
    status: revoked === null ? 'good' : 'revoked',
    decided_at: momentOf(decidedAtMs),
    not_after: momentOf(notAfterMs),
    sequence,
    view,
    proof: `/certificates/${serial}/proof`,
    ...(revoked !== null && {
      revocation: { reason: revoked.reason, revoked_at: momentOf(revoked.revokedAtMs) },
    }),
  };
}

export const pendingSchema = z.object({
  request_id: requestId,
  status: z.literal('pending'),
  since: moment,
  detail: z.string().optional().meta({ description: 'What it waits for' }),
});

/** Body of `POST /certificates/{serial}/revocation`. */
export const revocationBodySchema = z.strictObject({
  reason: z.enum(reasons),
  signature: hexOf(1024)
    .optional()
    .meta({
      description:
        "By the certificate's key or the operator's over `hypermesh/revocation` ‖ 00 ‖ serial " +
        '(16 octets) ‖ reason code (1 octet): ECDSA in DER or RSA PKCS #1 with SHA-256, or Ed25519',
    }),
});

export const revokedSchema = z.object({
  serial,
  status: z.literal('revoked'),
  ...revocation.shape,
});

/** DER or PEM of the `csr` of a body; what is neither is left for the authority to refuse. */
export function csrOf(text: string): string | Uint8Array {
  const plain = text.trim();
  const isBase64 = /^[A-Za-z0-9+/\r\n]+={0,2}$/.test(plain);
  return isBase64 ? new Uint8Array(Buffer.from(plain, 'base64')) : text;
}

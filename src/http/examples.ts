import { toHex, utf8 } from '../base/bytes.ts';
import { digest } from '../base/digest.ts';
import { nopOperation } from '../ledger/operation.ts';
import { requestOpenings } from '../proofs/space.ts';
import type { CertificateBody } from '../validation/wire/certificate-body.ts';
import type { FourProofBody } from '../validation/wire/four-proof-body.ts';
import type { ProofSetJson } from '../validation/wire/proof-set-json.ts';

/**
 * Bodies for the OpenAPI document: of the right shape, and proofs of nothing. Any cluster takes
 * them and has a quorum certify that they are invalid.
 */
function hash(what: string): string {
  return digest('hypermesh/example', utf8(what));
}

const timestamp = '2026-01-31T12:00:00.000Z';
const levels = 10;

const proofSet: ProofSetJson = {
  space: {
    root: hash('root'),
    labels: 2 ** levels,
    scale_factor: 32,
    opened: Array.from({ length: requestOpenings }, (_, i) => hash(`label ${i}`)),
    siblings: Array.from({ length: levels }, (_, i) => hash(`sibling ${i}`)),
  },
  stake: { account: hash('node'), amount: 100, commitment: hash('commitment') },
  work: { nonce: 24_601 },
  time: {
    timestamp,
    beacon: { epoch: 29_495_520, value: hash('beacon') },
    sequence: 1,
    nonce: hash('nonce').slice(0, 32),
  },
};

const signature = hash('signature') + hash('its other half');

export const exampleCertificateBody: CertificateBody = {
  certificate_request: {
    common_name: 'service.mesh',
    san_entries: ['api.service.mesh'],
    node_id: hash('node'),
    ipv6_addresses: ['fd00::1'],
    // SubjectPublicKeyInfo of an Ed25519 key, RFC 8410 §4.
    public_key: `302a300506032b6570032100${hash('key')}`,
    not_after: '2026-02-01T12:00:00.000Z',
    proof_set: proofSet,
    timestamp,
    signature,
  },
  consensus_requirements: { minimum_stake: 100, max_time_offset_ms: 30_000, minimum_compute: 10 },
  request_id: '3e1fe4b0-6f0c-4a3c-9b52-0e6a7c1f2d11',
  timestamp,
  validation_context: {
    ca_id: 'trustchain',
    network_id: 'mesh',
    certificate_type: 'leaf',
    metadata: { purpose: 'example' },
  },
};

export const exampleFourProofBody: FourProofBody = {
  proof_set: proofSet,
  operation: 'transfer',
  asset_id: 'asset-1.mesh',
  node_id: hash('node'),
  request_id: '7b0d2f7e-3f5e-4a53-8d57-5f2f0a9c6e02',
  timestamp,
  signature,
};

export const exampleBatchBody: { readonly requests: readonly CertificateBody[] } = {
  requests: [{ ...exampleCertificateBody, request_id: '0c9f6e1a-7a8b-4a55-8f5b-2b7c9d3e4f03' }],
};

/** Changes nothing: the answer brings the beacon. */
export const exampleOperationBody = { operation: toHex(nopOperation(utf8('example'))) };

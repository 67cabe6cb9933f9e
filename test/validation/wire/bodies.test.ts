import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { ed25519 } from '../../../src/base/signature.ts';
import { nopOperation, validateOperation } from '../../../src/ledger/operation.ts';
import { makeRequest, signRequest } from '../../../src/proofs/proof-set.ts';
import { signedRequestBytes } from '../../../src/proofs/request-codec.ts';
import {
  type CertificateBody,
  certificateBodyOf,
  certificateBodySchema,
  certificateOperation,
} from '../../../src/validation/wire/certificate-body.ts';
import {
  assetSubject,
  type FourProofBody,
  fourProofBodySchema,
  fourProofOperation,
} from '../../../src/validation/wire/four-proof-body.ts';
import { proofSetToJson } from '../../../src/validation/wire/proof-set-json.ts';
import {
  chainId,
  ingredientsOf,
  requestOf,
  startMs,
  subjectOf,
  testNode,
} from '../../proofs/fixtures.ts';

const node = testNode(1);
const hash = 'ab'.repeat(32);
const wishes = {
  minimumStake: 150,
  maxTimeOffsetMs: 1_000,
  minimumStorageBytes: 7,
  minimumComputeBits: 15,
};

function bodyOf(operation: Uint8Array): CertificateBody {
  const body = certificateBodyOf(operation, startMs + 5, { ca_id: 'ca', metadata: { a: 'b' } });
  if (!body.ok) throw new Error(body.reason);
  return body.value;
}

/** A good body in which `pointer` has another value, or, where that is undefined, is not there. */
function changed(pointer: string, value: unknown): unknown {
  const body: unknown = JSON.parse(JSON.stringify(bodyOf(validateOperation(requestOf(node)))));
  const keys = pointer.split('/').slice(1);
  const last = keys.pop() as string;
  let at = body as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return body;
}

describe('a certificate body', () => {
  it.each([
    ['a plain request', {}],
    ['its own requirements', { requirements: wishes }],
    ['no bits asked for', { requirements: { ...wishes, minimumComputeBits: 0 } }],
    ['fewer bits than a unit', { requirements: { ...wishes, minimumComputeBits: 3 } }],
    ['no digest of a certificate', { tbsDigest: null, sanEntries: [], ipv6Addresses: [] }],
  ])('stands for the very bytes that were signed: %s', (_, change) => {
    const subject = subjectOf(node, change);
    const operation = validateOperation(requestOf(node, { subject }));
    const body = bodyOf(operation);
    expect(certificateBodySchema.parse(JSON.parse(JSON.stringify(body)))).toEqual(body);
    const back = certificateOperation(body);
    expect(back.ok && back.operation).toEqual(operation);
  });

  it('ends a day after it was asked for when it does not say', () => {
    const { timestamp } = ingredientsOf(node);
    const subject = subjectOf(node, { notAfterMs: timestamp + 86_400_000 });
    const operation = validateOperation(requestOf(node, { subject }));
    const body = bodyOf(operation);
    delete body.certificate_request.not_after;
    const back = certificateOperation(body);
    expect(back.ok && back.operation).toEqual(operation);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
  ])('is unsigned when the signature is %s', (_, value) => {
    const pointer = '/certificate_request/signature';
    const body = certificateBodySchema.parse(changed(pointer, value));
    expect(certificateOperation(body)).toEqual({ ok: false, fault: 'unsigned', pointer });
  });

  it.each([
    [
      'another time than its time proof',
      '/certificate_request/timestamp',
      '2023-11-14T22:13:22.000Z',
    ],
    ['an end before its beginning', '/certificate_request/not_after', '2020-01-01T00:00:00Z'],
  ])('is impossible with %s', (_, pointer, value) => {
    const body = certificateBodySchema.parse(changed(pointer, value));
    expect(certificateOperation(body)).toMatchObject({ ok: false, fault: 'impossible', pointer });
  });

  it('is impossible when it asks for more work than anybody can be asked for', () => {
    const wish = { minimum_compute: 2 ** 22 + 1 };
    const body = certificateBodySchema.parse(changed('/consensus_requirements', wish));
    const pointer = '/consensus_requirements/minimum_compute';
    expect(certificateOperation(body)).toMatchObject({ ok: false, fault: 'impossible', pointer });
  });

  it.each([
    ['a key it does not know', '/certificate_request/commonname', 'x'],
    ['upper-case hex', '/certificate_request/node_id', 'AB'.repeat(32)],
    ['half a signature', '/certificate_request/signature', 'ab'.repeat(32)],
    ['a name with a space', '/certificate_request/common_name', 'a b'],
    ['a number past 2^53', '/consensus_requirements', { minimum_stake: 2 ** 53 }],
    ['a fraction of a unit', '/consensus_requirements', { minimum_stake: 0.5 }],
    ['a time without zone', '/timestamp', '2026-01-01T00:00:00'],
    ['30 February', '/timestamp', '2026-02-30T00:00:00Z'],
    ['microseconds', '/timestamp', '2026-01-01T00:00:00.000001Z'],
    ['a year past 9999', '/timestamp', '+010000-01-01T00:00:00Z'],
    ['too many names', '/certificate_request/san_entries', Array(33).fill('a')],
    ['too long a proof', '/certificate_request/proof_set/space/opened', Array(129).fill(hash)],
    ['a slash in its id', '/request_id', '../x'],
    ['a newline in a label', '/validation_context', { ca_id: 'a\nb' }],
    [
      'too much metadata',
      '/validation_context/metadata',
      Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])),
    ],
  ])('is malformed with %s', (_, pointer, value) => {
    expect(certificateBodySchema.safeParse(changed(pointer, value)).success).toBe(false);
  });

  it('cannot be made of another operation, or of bytes that are none', () => {
    expect(certificateBodyOf(nopOperation(new Uint8Array(4)), startMs)).toMatchObject({
      ok: false,
      reason: 'nop: no certificate request',
    });
    expect(certificateBodyOf(new Uint8Array(3), startMs).ok).toBe(false);
  });
});

describe('a four-proof body', () => {
  const about = { operation: 'transfer', assetId: 'asset-1.mesh', requestId: 'r-1' };
  const ingredients = ingredientsOf(node, {
    subject: assetSubject({ ...about, nodeId: node.nodeId, notAfterMs: startMs + 86_401_000 }),
  });
  const request = makeRequest(ingredients);
  const body: FourProofBody = {
    proof_set: proofSetToJson(request.proofs),
    operation: 'transfer',
    asset_id: 'asset-1.mesh',
    node_id: toHex(node.nodeId),
    request_id: 'r-1',
    timestamp: new Date(request.proofs.time.timestamp).toISOString(),
    signature: toHex(request.signature),
  };

  it('stands for the operation whose proofs it brings', () => {
    const back = fourProofOperation(fourProofBodySchema.parse(body));
    expect(back.ok && back.operation).toEqual(validateOperation(request));
  });

  it.each([
    ['operation', { operation: 'delete' }],
    ['asset', { asset_id: 'asset-2.mesh' }],
    ['request id', { request_id: 'r-2' }],
  ])('for another %s is not what the node signed', (_, change) => {
    const back = fourProofOperation({ ...body, ...change });
    if (!back.ok) throw new Error(back.fault);
    const { subject, proofs, signature } = back.request;
    const bytes = signedRequestBytes(chainId, subject, proofs);
    expect(ed25519.verify(subject.nodeId, bytes, signature)).toBe(false);
    expect(signRequest(chainId, subject, proofs, node.signer).signature).not.toEqual(signature);
  });

  it('is unsigned without a signature', () => {
    const { signature: _, ...unsigned } = body;
    expect(fourProofOperation(unsigned)).toMatchObject({
      fault: 'unsigned',
      pointer: '/signature',
    });
  });
});

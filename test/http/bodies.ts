import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { toHex } from '../../src/base/bytes.ts';
import { validateOperation } from '../../src/ledger/operation.ts';
import type { RequestIngredients } from '../../src/proofs/proof-set.ts';
import { makeRequest } from '../../src/proofs/proof-set.ts';
import type { CertificateSubject } from '../../src/proofs/request.ts';
import {
  type CertificateBody,
  certificateBodyOf,
} from '../../src/validation/wire/certificate-body.ts';
import { assetSubject, type FourProofBody } from '../../src/validation/wire/four-proof-body.ts';
import { proofSetToJson } from '../../src/validation/wire/proof-set-json.ts';
import { holders } from '../ledger/fixtures.ts';
import { ingredientsOf, subjectOf, type TestNode } from '../proofs/fixtures.ts';

let ids = 0;
const sequences = new Map<TestNode, number>();

export interface Made {
  readonly subject?: Partial<CertificateSubject>;
  readonly change?: Partial<RequestIngredients>;
  readonly holder?: number;
}

/** What the cluster asks of requests, and its time. */
async function termsOf(server: FastifyInstance) {
  let answer = await server.inject('/consensus/terms');
  // A busy machine may lose sight of its quorum for a moment; clients ask again.
  for (let i = 0; answer.statusCode === 503 && i < 100; i++) {
    await setTimeout(100);
    answer = await server.inject('/consensus/terms');
  }
  if (answer.statusCode !== 200) throw new Error(`terms: ${answer.statusCode} ${answer.body}`);
  const { beacon, decided_at } = answer.json();
  return { beacon, timestamp: Date.parse(decided_at) };
}

/** A node's requests and orders count together. */
export function nextSequence(node: TestNode): number {
  const sequence = (sequences.get(node) ?? 0) + 1;
  sequences.set(node, sequence);
  return sequence;
}

export function newId(): string {
  ids += 1;
  return `request-${ids}`;
}

/** A good body, made for the cluster as it is now; or one with what `made` changes. */
export async function certificateBody(
  server: FastifyInstance,
  made: Made = {},
): Promise<CertificateBody> {
  const node = holders[made.holder ?? 0]!;
  const request = makeRequest(
    ingredientsOf(node, {
      subject: subjectOf(node, { requestId: newId(), ...made.subject }),
      ...(await termsOf(server)),
      sequence: nextSequence(node),
      ...made.change,
    }),
  );
  const sentAtMs = request.proofs.time.timestamp + 3;
  const body = certificateBodyOf(validateOperation(request), sentAtMs, { ca_id: 'test' });
  if (!body.ok) throw new Error(body.reason);
  return body.value;
}

export async function fourProofBody(server: FastifyInstance): Promise<FourProofBody> {
  const node = holders[0]!;
  const { beacon, timestamp } = await termsOf(server);
  const about = { requestId: newId(), operation: 'transfer', assetId: 'asset.mesh' };
  const subject = assetSubject({
    ...about,
    nodeId: node.nodeId,
    notAfterMs: timestamp + 86_400_000,
  });
  const sequence = nextSequence(node);
  const request = makeRequest(ingredientsOf(node, { subject, beacon, timestamp, sequence }));
  return {
    proof_set: proofSetToJson(request.proofs),
    operation: about.operation,
    asset_id: about.assetId,
    node_id: toHex(node.nodeId),
    request_id: about.requestId,
    timestamp: new Date(timestamp).toISOString(),
    signature: toHex(request.signature),
  };
}

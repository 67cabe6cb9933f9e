import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { expect } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { nopOperation } from '../../src/ledger/operation.ts';
import { certificateBody, fourProofBody, newId } from './bodies.ts';
import type { HttpCluster } from './cluster.ts';
import { OpenApi } from './openapi.ts';

export const certificate = '/consensus/validation/certificate';
export const fourProof = '/consensus/validation/four-proof';
export const batch = '/consensus/validation/batch';
export const operations = '/consensus/operations';
export const status = '/consensus/validation/status/:request_id';
export const posts = [certificate, fourProof, batch, operations] as const;
export const gets = [
  '/consensus/validators',
  '/consensus/terms',
  '/consensus/metrics',
  '/consensus/health',
  '/metrics',
  '/livez',
  '/readyz',
];

/** A good body for each endpoint that takes one. */
export async function goodBody(
  route: string,
  cluster: HttpCluster,
): Promise<Record<string, unknown>> {
  const server = cluster.server();
  if (route === certificate) return { ...(await certificateBody(server)) };
  if (route === fourProof) return { ...(await fourProofBody(server)) };
  if (route === batch) return { requests: [await certificateBody(server)] };
  return { operation: toHex(nopOperation(utf8(newId()))) };
}

const documents = new Map<HttpCluster, OpenApi>();

/** Asks, and holds the answer against the document: what is not promised there is an error. */
export async function ask(
  cluster: HttpCluster,
  method: 'GET' | 'POST',
  route: string,
  options: InjectOptions = {},
): Promise<LightMyRequestResponse> {
  documents.set(cluster, documents.get(cluster) ?? (await OpenApi.of(cluster.server())));
  const openApi = documents.get(cluster)!;
  const answer = await cluster.server().inject({ method, url: route, ...options });
  expect(openApi.fault(method, route, answer), `${method} ${route}: ${answer.body}`).toBeNull();
  return answer;
}

export function expectProblem(answer: LightMyRequestResponse, status: number, code: string): void {
  expect(answer.statusCode, answer.body).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({ status, code, type: `urn:hypermesh:problem:${code}` });
  expect(answer.headers.location ?? '').not.toMatch(/^https?:/);
}

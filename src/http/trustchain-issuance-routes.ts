import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { z as zod } from 'zod';
import { bytesOf } from '../runtime/json-format.ts';
import type { IssuedCertificate } from '../trustchain/certificate-store.ts';
import { leafProfileFor } from '../trustchain/leaf-profile.ts';
import type { Application, FinalOutcome, Waiter } from '../trustchain/request-desk.ts';
import { nodeKey, requestId } from '../validation/wire/formats.ts';
import { proofSetFromJson } from '../validation/wire/proof-set-json.ts';
import { requirementsFromJson } from '../validation/wire/requirements-json.ts';
import { answersOf, describe } from './openapi.ts';
import { Problem, problems } from './problem.ts';
import { prefersAsync } from './routes/prefer.ts';
import { asIs } from './trustchain-certificate-routes.ts';
import {
  type AskBody,
  askSchema,
  certificateToJson,
  csrOf,
  draftBodySchema,
  draftSchema,
  draftToJson,
  issuedSchema,
  issuedToText,
  pendingSchema,
} from './trustchain-json.ts';
import type { TrustchainParts } from './trustchain-parts.ts';
import {
  heldProblem,
  invalidProblem,
  refusedProblem,
  trustchainProblems,
} from './trustchain-problems.ts';
import type { TypedServer } from './trustchain-server.ts';

const json = 'application/json; charset=utf-8';

/** How it stood with a request when its caller was answered. */
type Waited =
  | { readonly type: 'settled'; readonly outcome: FinalOutcome }
  | { readonly type: 'held'; readonly detail: string }
  | { readonly type: 'pending' };

export function addIssuanceRoutes(server: TypedServer, parts: TrustchainParts): void {
  server.post('/certificates', {
    schema: {
      ...describe('requestCertificate', 'Ask for a certificate'),
      body: askSchema,
      response: answersOf(
        { 201: issuedSchema, 202: pendingSchema },
        [400, 403, 409, 413, 415, 422, 429, 503],
      ),
    },
    handler: async (request, reply) => {
      const { body } = request;
      const application = applicationOf(body);
      admit(request, application.requestId, parts, application.isNew);
      const nowait = prefersNoWait(request);
      const waited = await waitFor(request, nowait ? 0 : parts.waitMs, (waiter) =>
        submit(body, application, parts, waiter),
      );
      return answerWaited(reply, waited, application.requestId, nodeIdOf(body), parts);
    },
  });
  server.post('/certificates/drafts', {
    schema: {
      ...describe('draftCertificate', 'Ask what ready-made proofs have to be made for'),
      body: draftBodySchema,
      response: answersOf({ 201: draftSchema }, [400, 403, 409, 413, 415, 422, 429, 503]),
    },
    handler: async (request, reply) => {
      const { body } = request;
      const application = applicationOf(body);
      const { requestId } = application;
      admit(request, requestId, parts);
      return new Promise((resolve, reject) => {
        parts.ready.draft(application, bytesOf(body.node_id), (outcome) => {
          if (outcome.type === 'draft') {
            const draft = draftToJson(outcome.subject, outcome.expiresAtMs, parts);
            resolve(reply.code(201).send(draft));
          } else if (outcome.type === 'refused') {
            reject(refusedProblem(outcome.refusal, requestId));
          } else {
            const detail = `the request is ${outcome.type} already`;
            reject(new Problem(problems.conflict, { detail, requestId }));
          }
        });
      });
    },
  });
  addStatusRoute(server, parts);
}

function addStatusRoute(server: TypedServer, parts: TrustchainParts): void {
  server.get('/certificates/requests/:request_id', {
    schema: {
      ...describe('certificateRequestStatus', 'What became of a request for a certificate'),
      params: zod.object({ request_id: requestId }),
      querystring: zod.object({ node_id: nodeKey.optional() }),
      response: answersOf({ 200: zod.union([issuedSchema, pendingSchema]) }, [404, 422, 503]),
    },
    handler: async (request, reply) => {
      const { request_id: id } = request.params;
      const { node_id: node } = request.query;
      const nodeId = node === undefined ? parts.prover.nodeId : bytesOf(node);
      const state = parts.desk.stateOf(nodeId, id);
      if (state === null) throw new Problem(problems.notFound, { requestId: id });
      if (state.type === 'pending') {
        const { sinceMs, detail } = state;
        reply.header('retry-after', '1');
        return reply.code(200).send(pendingToJson(id, sinceMs, detail));
      }
      const issued = certificateToJson(issuedOf(state.outcome, id), parts);
      return reply.code(200).send({ request_id: id, ...issued });
    },
  });
}

function pendingToJson(id: string, sinceMs: number, detail: string | null) {
  const since = new Date(sinceMs).toISOString();
  const status = 'pending' as const;
  return { request_id: id, status, since, ...(detail !== null && { detail }) };
}

type Wishes = Pick<
  AskBody,
  'csr' | 'profile' | 'lifetime' | 'consensus_requirements' | 'request_id'
>;

function applicationOf(body: Wishes): Application {
  const { profile, lifetime } = body;
  const plain = profile === undefined && lifetime === undefined;
  return {
    requestId: body.request_id ?? randomUUID(),
    isNew: body.request_id === undefined,
    csr: csrOf(body.csr),
    requirements: requirementsFromJson(body.consensus_requirements),
    ...(!plain && { profile: leafProfileFor(profile ?? 'tls', lifetime) }),
  };
}

function nodeIdOf({ node_id: node, proof_set: proofs }: z.infer<typeof askSchema>) {
  return proofs === undefined ? null : (node ?? null);
}

/** Hands the request to whoever proves for it; gives what ends the wait. */
function submit(
  body: AskBody,
  application: Application,
  parts: TrustchainParts,
  waiter: Waiter,
): () => void {
  const { desk, ready, prover, agent } = parts;
  const { requestId } = application;
  if (body.proof_set === undefined) {
    return desk.ask(application, { agent, healer: prover }, waiter);
  }
  const missing = (['node_id', 'request_id', 'signature'] as const).find(
    (key) => body[key] === undefined || body[key] === '',
  );
  if (missing !== undefined) {
    const errors = [{ pointer: `/${missing}`, detail: 'wanted beside proof_set' }];
    const kind = missing === 'signature' ? problems.unsigned : problems.impossible;
    throw new Problem(kind, { detail: `/${missing}: wanted beside proof_set`, requestId, errors });
  }
  const brought = {
    nodeId: bytesOf(body.node_id ?? ''),
    proofs: proofSetFromJson(body.proof_set),
    signature: bytesOf(body.signature ?? ''),
  };
  const leave = ready.bring(application, brought, waiter);
  if (leave !== null) return leave;
  const detail = 'ask POST /certificates/drafts what the proofs have to be made for';
  throw new Problem(trustchainProblems.draftUnknown, { detail, requestId });
}

/** RFC 7240 §4.1: `Prefer: respond-async`. */
export function prefersNoWait(request: FastifyRequest): boolean {
  return prefersAsync(request.headers.prefer);
}

/** Until the request is settled or held, the caller is gone, or so much time is over. */
export function waitFor(
  request: FastifyRequest,
  waitMs: number,
  begin: (waiter: Waiter) => () => void,
): Promise<Waited> {
  return new Promise((resolve, reject) => {
    let leave = (): void => undefined;
    const end = (waited: Waited): void => {
      clearTimeout(timer);
      request.raw.socket.off('close', onClose);
      leave();
      resolve(waited);
    };
    const onClose = (): void => end({ type: 'pending' });
    const timer = setTimeout(onClose, waitMs);
    request.raw.socket.once('close', onClose);
    try {
      leave = begin({
        onSettled: (outcome) => end({ type: 'settled', outcome }),
        onHeld: (detail) => end({ type: 'held', detail }),
      });
    } catch (error) {
      reject(error);
      end({ type: 'pending' });
    }
  });
}

export function answerWaited(
  reply: FastifyReply,
  waited: Waited,
  id: string,
  nodeId: string | null,
  parts: TrustchainParts,
) {
  const of = nodeId === null ? '' : `?node_id=${nodeId}`;
  const location = `/certificates/requests/${id}${of}`;
  if (waited.type === 'held') throw heldProblem(waited.detail, id, location);
  if (waited.type === 'pending') {
    const body = pendingToJson(id, parts.clock.nowMs(), null);
    return reply.code(202).headers({ location, 'retry-after': '1' }).send(body);
  }
  const issued = issuedOf(waited.outcome, id);
  const headers = { location: `/certificates/${issued.serial}`, 'content-type': json };
  // Of our own making: not checked again on its way out.
  const text = issuedToText(id, issued, parts);
  return reply.code(201).headers(headers).serializer(asIs).send(text);
}

function issuedOf(outcome: FinalOutcome, id: string): IssuedCertificate {
  if (outcome.type === 'refused') throw refusedProblem(outcome.refusal, id);
  if (outcome.type === 'invalid') throw invalidProblem(outcome, id);
  return outcome.certificate;
}

/**
 * Throws the 429 of an address that asks too often; what was asked before is free. `isNew`: the id
 * was drawn for this request, so it was not.
 */
export function admit(
  request: FastifyRequest,
  requestId: string,
  parts: TrustchainParts,
  isNew = false,
): void {
  const { buckets, desk, prover } = parts;
  if (!isNew && desk.stateOf(prover.nodeId, requestId) !== null) return;
  const taken = buckets.take(`address ${request.ip}`);
  if (taken.ok) return;
  parts.onThrottled();
  throw new Problem(problems.throttled, { requestId, retryAfterMs: taken.retryAfterMs });
}

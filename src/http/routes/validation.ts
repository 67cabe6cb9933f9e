import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ServiceOutcome, Submission } from '../../validation/service-types.ts';
import {
  batchBodySchema,
  type CertificateBody,
  certificateBodySchema,
} from '../../validation/wire/certificate-body.ts';
import { requestId } from '../../validation/wire/formats.ts';
import { fourProofBodySchema } from '../../validation/wire/four-proof-body.ts';
import {
  batchAnswerSchema,
  undecidedResult,
  type ValidationResultJson,
  validationResultSchema,
} from '../../validation/wire/validation-result.ts';
import { exampleBatchBody, exampleCertificateBody, exampleFourProofBody } from '../examples.ts';
import { batchBodyBytes } from '../limits.ts';
import type { NodeParts } from '../node-parts.ts';
import { answersOf, describe } from '../openapi.ts';
import { Problem, problems } from '../problem.ts';
import { prefersAsync } from './prefer.ts';
import {
  admit,
  certificateSubmission,
  fourProofSubmission,
  kindOfUnavailable,
} from './submission.ts';

const base = '/consensus/validation';
const jsonType = 'application/json; charset=utf-8';

/** Bodies in, answers out: what is asked of whom is in `validation/service.ts`. */
export function addValidationRoutes(server: FastifyInstance, parts: NodeParts): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const submittedOne = answersOf(
    { 200: validationResultSchema, 202: validationResultSchema },
    submitting,
  );
  routes.post(
    `${base}/certificate`,
    {
      schema: {
        ...describe(
          'validateCertificate',
          'Asks whether a certificate request is backed by all four proofs',
        ),
        body: certificateBodySchema.meta({ examples: [exampleCertificateBody] }),
        response: submittedOne,
      },
    },
    (request, reply) => answer(certificateSubmission(request.body, parts), request, reply, parts),
  );
  routes.post(
    `${base}/four-proof`,
    {
      schema: {
        ...describe(
          'validateFourProof',
          'Asks whether any operation on an asset is backed by all four proofs',
        ),
        body: fourProofBodySchema.meta({ examples: [exampleFourProofBody] }),
        response: submittedOne,
      },
    },
    (request, reply) => answer(fourProofSubmission(request.body, parts), request, reply, parts),
  );
  routes.post(
    `${base}/batch`,
    {
      bodyLimit: batchBodyBytes,
      schema: {
        ...describe('validateBatch', 'Certificate requests, each on its own'),
        body: batchBodySchema.meta({ examples: [exampleBatchBody] }),
        response: answersOf({ 200: batchAnswerSchema }, [400, 413, 415, 429, 503]),
      },
    },
    (request, reply) => answerBatch(request.body.requests, request, reply, parts),
  );
  routes.get(
    `${base}/status/:request_id`,
    {
      schema: {
        ...describe('validationStatus', 'What is known of a request'),
        params: z.strictObject({ request_id: requestId }),
        response: answersOf({ 200: validationResultSchema }, [400, 404]),
      },
    },
    async (request, reply) => {
      const { request_id: id } = request.params;
      const text = parts.service.statusOf(id);
      if (text === null) throw new Problem(problems.notFound, { requestId: id });
      return reply.type(jsonType).send(text as never);
    },
  );
}

/** What a route that takes bodies may answer besides its result. */
const submitting = [400, 401, 409, 413, 415, 422, 429, 503] as const;

function submit(submission: Submission, respondAsync: boolean, { service }: NodeParts) {
  return new Promise<ServiceOutcome>((resolve) => {
    service.submit(submission, respondAsync, resolve);
  });
}

async function answer(
  submission: Submission,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: NodeParts,
) {
  const { requestId: id } = submission;
  request.log.debug({ requestId: id, instance: request.id }, 'asked for a decision');
  admit(submission, request.ip, parts);
  const respondAsync = prefersAsync(request.headers.prefer);
  const outcome = await submit(submission, respondAsync, parts);
  request.log.info({ requestId: id, instance: request.id, outcome: outcome.type }, 'told');
  const location = `${base}/status/${id}`;
  switch (outcome.type) {
    case 'answered':
      return reply.type(jsonType).send(outcome.text);
    case 'accepted':
      reply.headers({ location, 'preference-applied': 'respond-async' });
      return reply.code(202).type(jsonType).send(parts.service.statusOf(id));
    case 'conflict':
      throw new Problem(problems.conflict, { requestId: id });
    case 'unavailable': {
      const { reason, retryAfterMs } = outcome;
      const headers = parts.service.statusOf(id) === null ? {} : { location };
      throw new Problem(kindOfUnavailable[reason], { requestId: id, retryAfterMs, headers });
    }
  }
}

async function answerBatch(
  bodies: readonly CertificateBody[],
  request: FastifyRequest,
  reply: FastifyReply,
  parts: NodeParts,
) {
  const outcomes = await Promise.all(bodies.map((body) => answerOne(body, request, parts)));
  const problem = outcomes.every((outcome) => outcome instanceof Problem) ? outcomes[0] : undefined;
  // Where nothing of it could even be asked, the batch as a whole says so.
  if (problem instanceof Problem && [429, 503].includes(problem.kind.status)) throw problem;
  const results = outcomes.map((outcome, i) =>
    outcome instanceof Problem ? errorResult(outcome, bodies[i]!.request_id, parts) : outcome,
  );
  return reply.type(jsonType).send(`{"results":[${results.join(',')}]}`);
}

/** The result's JSON, or why there is none. */
async function answerOne(
  body: CertificateBody,
  request: FastifyRequest,
  parts: NodeParts,
): Promise<string | Problem> {
  try {
    const submission = certificateSubmission(body, parts);
    admit(submission, request.ip, parts);
    const outcome = await submit(submission, false, parts);
    if (outcome.type === 'answered') return outcome.text;
    if (outcome.type !== 'unavailable') return new Problem(problems.conflict);
    const pending = parts.service.pendingOf(submission);
    if (outcome.reason === 'deadline' && pending !== null) return JSON.stringify(pending);
    const { retryAfterMs } = outcome;
    return new Problem(kindOfUnavailable[outcome.reason], { retryAfterMs });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function errorResult(problem: Problem, id: string, { service }: NodeParts): string {
  const measured = service.measure(null, service.status.n, false);
  const result: ValidationResultJson = undecidedResult({ requestId: id, digest: null }, measured, {
    status: 'error',
    error_code: problem.kind.code,
    message: problem.message.slice(0, 1024),
  });
  return JSON.stringify(result);
}

import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { problemMediaType, problemSchema } from '../validation/wire/problem.ts';

/** Name and purpose of a route, as the document has them. */
export function describe(operationId: string, summary: string) {
  return { operationId, summary };
}

const problemTitles: Readonly<Record<number, string>> = {
  400: 'Malformed: `errors` says where, by JSON pointer',
  401: 'Unsigned',
  404: 'Not known',
  409: 'The id has the decision of another body',
  413: 'Too large',
  415: 'Not in this media type',
  422: 'Well-formed, but impossible',
  429: 'Asked too often; see Retry-After',
  503: 'Saturated, stopping or without quorum; see Retry-After',
};

/** The schemas of a route's answers: its own, and problem documents under the other codes. */
export function answersOf<T extends Readonly<Record<number, z.ZodType>>>(
  answers: T,
  problems: readonly number[],
): T & Record<number, z.ZodType> {
  const documented = problems.map((status) => [
    status,
    {
      description: problemTitles[status] ?? 'A problem',
      content: { [problemMediaType]: { schema: problemSchema } },
    },
  ]);
  return { ...answers, ...Object.fromEntries(documented) };
}

/** Collects the routes that are added from here on into an OpenAPI 3.1 document. */
export async function collectOpenApi(
  server: FastifyInstance,
  about: { readonly title: string; readonly description: string; readonly version: string },
): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...about, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    },
    transform: jsonSchemaTransform,
  });
}

/** Serves what {@link collectOpenApi} collected. */
export function addOpenApiRoute(server: FastifyInstance): void {
  let text: string | null = null;
  server.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => {
    text ??= JSON.stringify(server.swagger());
    return reply.type('application/json; charset=utf-8').send(text);
  });
}

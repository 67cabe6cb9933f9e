import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { createBaseServer } from './base-server.ts';
import type { HttpLimits } from './limits.ts';
import { addOpenApiRoute, answersOf, collectOpenApi, describe } from './openapi.ts';
import { addCertificateRoutes } from './trustchain-certificate-routes.ts';
import { addIssuanceRoutes } from './trustchain-issuance-routes.ts';
import type { TrustchainMetrics } from './trustchain-metrics.ts';
import type { TrustchainParts } from './trustchain-parts.ts';
import { addPublicRoutes } from './trustchain-public-routes.ts';
import { addRenewalRoutes } from './trustchain-renewal-routes.ts';

/** A server whose routes are typed by their schemas. */
export type TypedServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface TrustchainServerOptions {
  readonly parts: TrustchainParts;
  readonly metrics: TrustchainMetrics;
  readonly limits: HttpLimits;
  readonly version: string;
  readonly log?: FastifyBaseLogger;
}

const always = new Set([
  '/livez',
  '/readyz',
  '/metrics',
  '/crl.der',
  '/crl.pem',
  '/crl/:shard.der',
  '/crl/root.der',
  '/ocsp',
  '/ocsp/*',
]);

/** TrustChain over HTTP. Not listening yet; `close` lets finish what has begun. */
export async function createTrustchainServer(
  options: TrustchainServerOptions,
): Promise<FastifyInstance> {
  const { parts, metrics, limits, version, log } = options;
  const { server, traffic } = createBaseServer({
    limits,
    always,
    ...(log !== undefined && { log }),
    onAnswered: (answered) => metrics.onHttp(answered),
  });
  metrics.attach(parts.health, traffic);
  const title = 'TrustChain';
  const description = 'A certificate authority that issues only on the vote of a HyperMesh quorum.';
  await collectOpenApi(server, { title, description, version });
  const typed = server.withTypeProvider<ZodTypeProvider>();
  addIssuanceRoutes(typed, parts);
  addCertificateRoutes(typed, parts);
  addRenewalRoutes(typed, parts);
  addPublicRoutes(typed, parts);
  addOperationRoutes(typed, options);
  addOpenApiRoute(server);
  await server.ready();
  return server;
}

const healthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  reasons: z.array(z.string()),
  enrolled: z.boolean(),
  quorum_heard_ms: z.number().nullable(),
  pending: z.number(),
  certificates: z.number(),
  log_size: z.number(),
});

function addOperationRoutes(
  server: TypedServer,
  { parts, metrics }: TrustchainServerOptions,
): void {
  server.get('/livez', {
    schema: describe('livez', 'The process answers'),
    handler: async () => ({ status: 'ok' }),
  });
  server.get('/readyz', {
    schema: {
      ...describe('readyz', 'Whether certificates can be issued now'),
      response: answersOf({ 200: healthSchema, 503: healthSchema }, []),
    },
    handler: async (_, reply) => {
      const health = parts.health();
      const body = {
        status: health.status,
        reasons: [...health.reasons],
        enrolled: health.enrolled,
        quorum_heard_ms: health.quorumHeardMs,
        pending: health.pending,
        certificates: health.certificates,
        log_size: health.logSize,
      };
      return health.status === 'unhealthy' ? reply.code(503).send(body) : reply.send(body);
    },
  });
  server.get('/metrics', {
    schema: describe('metrics', 'Prometheus text'),
    handler: async (_, reply) => {
      return reply.type(metrics.registry.contentType).send(await metrics.registry.text());
    },
  });
}

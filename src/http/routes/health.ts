import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type NodeStatus, usefulMembers } from '../../node/status.ts';
import { count } from '../../runtime/json-format.ts';
import { type Check, healthOf, memberProblems, readinessChecks } from '../health.ts';
import type { NodeParts } from '../node-parts.ts';
import { nodeMetricsSchema } from '../node-statistics.ts';
import { describe } from '../openapi.ts';

const healthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  view: count,
  sequence: count,
  reachable: count.meta({ description: 'Members that can be reached, this node included' }),
  n: count,
  f: count,
  quorum: count,
  epoch: count,
  view_active: z.boolean(),
  role: z.enum(['voting', 'standby']),
  recovering: z.boolean(),
  byzantine_nodes_detected: count,
  problems: z
    .array(z.string())
    .meta({ description: 'Checks of /readyz that fail, and whoever is missing or not trusted' }),
  uptime_ms: z.number(),
});

const checksSchema = z.object({
  status: z.enum(['ok', 'failed']),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});

/** Paths that are answered also while a server drains or is full: they tell just that. */
export const healthPaths: ReadonlySet<string> = new Set([
  '/consensus/health',
  '/consensus/metrics',
  '/livez',
  '/readyz',
  '/metrics',
]);

export function addHealthRoutes(server: FastifyInstance, parts: NodeParts): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/consensus/health',
    {
      schema: {
        ...describe('health', 'How the cluster is, as this node measures it'),
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_, reply) => {
      const status = parts.status();
      const health = healthOf(status);
      reply.code(health === 'unhealthy' ? 503 : 200);
      return {
        status: health,
        view: status.view,
        sequence: status.sequence,
        reachable: usefulMembers(status),
        n: status.n,
        f: status.f,
        quorum: status.quorum,
        epoch: status.epoch,
        view_active: status.active,
        role: status.role,
        recovering: status.recovering || status.fetchingState,
        byzantine_nodes_detected: status.convicted.length,
        problems: problemsOf(readinessChecks(parts.readiness()), status),
        uptime_ms: status.uptimeMs,
      };
    },
  );
  routes.get(
    '/livez',
    {
      schema: {
        ...describe('livez', 'Whether this process should go on; 503: start it again'),
        response: { 200: checksSchema, 503: checksSchema },
      },
    },
    async (_, reply) => {
      const { failure } = parts.status();
      const ok = failure === null;
      const detail = ok ? 'written' : `${failure}: only a restart helps`;
      reply.code(ok ? 200 : 503);
      return {
        status: ok ? ('ok' as const) : ('failed' as const),
        checks: { journal: { ok, detail } },
      };
    },
  );
  routes.get(
    '/readyz',
    {
      schema: {
        ...describe('readyz', 'Whether this node should be sent requests'),
        response: { 200: checksSchema, 503: checksSchema },
      },
    },
    async (_, reply) => {
      const checks: Record<string, Check> = { ...readinessChecks(parts.readiness()) };
      const ok = Object.values(checks).every((check) => check.ok);
      reply.code(ok ? 200 : 503);
      return { status: ok ? ('ok' as const) : ('failed' as const), checks };
    },
  );
}

function problemsOf(checks: Readonly<Record<string, Check>>, status: NodeStatus): string[] {
  const failed = Object.entries(checks).filter(([, { ok }]) => !ok);
  return [...failed.map(([name, { detail }]) => `${name}: ${detail}`), ...memberProblems(status)];
}

export function addMetricsRoutes(server: FastifyInstance, { metrics }: NodeParts): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/consensus/metrics',
    {
      schema: {
        ...describe('serviceMetrics', 'What this node measured since it began'),
        response: { 200: nodeMetricsSchema },
      },
    },
    async () => metrics.json,
  );
  routes.get(
    '/metrics',
    {
      schema: {
        ...describe('metrics', 'The same, and more, in the text format of Prometheus'),
        response: {
          200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
        },
      },
    },
    async (_, reply) => {
      const { prometheus } = metrics;
      return reply.type(prometheus.contentType).send((await prometheus.text()) as never);
    },
  );
}

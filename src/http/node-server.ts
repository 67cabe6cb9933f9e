import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { SignatureScheme } from '../base/signature.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { nopOperation } from '../ledger/operation.ts';
import type { NodeStatus } from '../node/status.ts';
import type { Clock, Journal, Timers } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';
import { AnswerStore } from '../validation/answer-store.ts';
import { OperationDesk, TermsDesk } from '../validation/operation-desk.ts';
import { ConsensusValidationService } from '../validation/service.ts';
import type { ServiceLimits } from '../validation/service-types.ts';
import { Admission, nodeClient } from './admission.ts';
import { createBaseServer, type TlsOptions, type Traffic } from './base-server.ts';
import type { HttpLimits } from './limits.ts';
import type { Depths, NodeMetrics } from './node-metrics.ts';
import type { NodeParts } from './node-parts.ts';
import { addOpenApiRoute, collectOpenApi } from './openapi.ts';
import { addClusterRoutes } from './routes/cluster.ts';
import { addHealthRoutes, addMetricsRoutes, healthPaths } from './routes/health.ts';
import { addValidationRoutes } from './routes/validation.ts';
import { TokenBuckets } from './token-buckets.ts';

export interface NodeServerOptions {
  readonly genesis: Genesis;
  readonly scheme: SignatureScheme;
  /** Reaches all replicas; the epochs are those it follows. */
  readonly validator: Validator;
  readonly epochs: EpochChain;
  /** Measured whenever it is asked for. */
  readonly status: () => NodeStatus;
  readonly metrics: NodeMetrics;
  /** Where answers are kept; not the replica's own journal. */
  readonly answers: Journal;
  /** Milliseconds since 1970. */
  readonly clock: Clock;
  /** Never set back. */
  readonly monotonic: Clock;
  readonly timers: Timers;
  readonly service: ServiceLimits;
  readonly http: HttpLimits;
  /** Node keys (hex) that may ask at another rate a minute; `Infinity`: as often as they like. */
  readonly ratesByNode?: Readonly<Record<string, number>>;
  readonly tls?: TlsOptions;
  readonly log?: FastifyBaseLogger;
  /** Writes of the replica's journal that wait, for the metrics. */
  readonly journalWrites?: () => number;
}

/** Terms are a quorum's word each time they are asked anew, so not for every one who asks. */
const termsMaxAgeMs = 1_000;
const saltBytes = 16;

/**
 * The HTTP side of one node, contract §4: not listening yet, with everything that was accepted
 * before a restart under way again. `close()` takes nothing new, lets finish what has begun for a
 * bounded time, and ends the rest. Rejects when the kept answers cannot be read.
 */
export async function createNodeServer(options: NodeServerOptions): Promise<FastifyInstance> {
  const { http, tls, log, metrics } = options;
  const { server, traffic } = createBaseServer({
    limits: http,
    ...(tls !== undefined && { tls }),
    ...(log !== undefined && { log }),
    onAnswered: (answered) => metrics.onHttp(answered),
    always: healthPaths,
  });
  const parts = assemble(options, traffic);
  server.addHook('preClose', async () => parts.service.stop());
  server.addHook('onClose', async () => parts.desk.stop());
  await collectOpenApi(server, {
    title: 'HyperMesh node',
    description:
      'Asks a Byzantine fault tolerant cluster whether an operation is backed by four proofs: ' +
      'space, stake, work, time. Answers are certificates: a quorum signed, anybody checks.',
    version: '1.0.0',
  });
  addValidationRoutes(server, parts);
  addClusterRoutes(server, parts);
  addHealthRoutes(server, parts);
  addMetricsRoutes(server, parts);
  addOpenApiRoute(server);
  await new Promise<void>((resolve, reject) => {
    parts.service.start((error) => (error === null ? resolve() : reject(error)));
  });
  await server.ready();
  return server;
}

function assemble(options: NodeServerOptions, traffic: Traffic): NodeParts {
  const { genesis, scheme, validator, epochs, status, metrics, http } = options;
  const { clock, monotonic, timers, service: limits } = options;
  const store = new AnswerStore(options.answers, clock);
  const { requirements, chainId } = genesis;
  const ports = { clock, monotonic, timers, limits };
  const observed = { validator, epochs, requirements, store, status, observer: metrics };
  const service = new ConsensusValidationService({ ...observed, ...ports });
  const desk = new OperationDesk({
    validator,
    seesQuorum: () => service.seesQuorum,
    timers,
    maxInFlight: limits.maxInFlight,
    deadlineMs: limits.deadlineMs,
  });
  const nop = () => nopOperation(new Uint8Array(randomBytes(saltBytes)));
  const depths = (): Depths => ({
    ...service.depths,
    operations: desk.depth,
    journalWrites: options.journalWrites?.() ?? 0,
  });
  metrics.attach(depths, traffic);
  return {
    genesis,
    scheme,
    epochs,
    status,
    service,
    desk,
    terms: new TermsDesk(desk, monotonic, nop, termsMaxAgeMs),
    admission: new Admission({
      chainId,
      scheme,
      buckets: bucketsOf(options, http),
      onThrottled: () => metrics.onThrottled(),
    }),
    metrics,
    readiness: () => ({
      status: status(),
      storeFailed: store.failed,
      draining: traffic.draining,
      depths: depths(),
      maxQueued: limits.maxQueued,
    }),
  };
}

function bucketsOf(
  { ratesByNode = {}, monotonic }: NodeServerOptions,
  { perMinute, maxClients }: HttpLimits,
): TokenBuckets {
  const rates = Object.entries(ratesByNode).map(
    ([nodeId, rate]) => [nodeClient(Buffer.from(nodeId, 'hex')), rate] as const,
  );
  return new TokenBuckets({ perMinute, maxClients, overrides: new Map(rates), clock: monotonic });
}

/**
 * HTTP in front of what this program does. Floor 6: routes, schemas and limits; no rule lives here.
 *
 * `createNodeServer` is the HTTP side of a HyperMesh node (contract §4). It is given a `Validator`
 * that reaches all replicas, a `NodeStatus` that is measured whenever it is asked for, and a
 * journal of its own for the answers it must give again:
 *
 * - `NodeWatch` observes the node; `statusOf` joins what it noted with `node.vitals`.
 * - `NodeMetrics` counts and names everything; `TimedJournal` tells it how long the disk took.
 * - `createBaseServer` is what every HTTP server of this program has in common: limits, problem
 *   documents (RFC 9457), a bounded close.
 *
 * Invariants
 *
 * - One request id, one decision: see `validation/service.ts`.
 * - Every length, number and queue is bounded; what is full says 429 or 503, and when to come back.
 * - No header of a client's is believed, and none redirects anything.
 * - The document at `/openapi.json` comes from the schemas that are enforced.
 */

export { NodeWatch } from '../node/node-watch.ts';
export { type NodeStatus, statusOf } from '../node/status.ts';
export { EventLoopWatch } from '../runtime/event-loop-watch.ts';
export { PrometheusRegistry } from '../runtime/prometheus.ts';
export { TimedJournal } from '../runtime/timed-journal.ts';
export {
  localhostServiceLimits,
  productionServiceLimits,
  type ServiceLimits,
} from '../validation/service-types.ts';
export { type BaseServerOptions, createBaseServer, type TlsOptions } from './base-server.ts';
export { type HttpLimits, localhostHttpLimits, productionHttpLimits } from './limits.ts';
export { NodeMetrics } from './node-metrics.ts';
export { createNodeServer, type NodeServerOptions } from './node-server.ts';
export { Problem, problems } from './problem.ts';

import { limits as proofLimits } from '../proofs/limits.ts';
import type { Requirements } from '../proofs/request.ts';

/** The ways a request is broken on purpose, in the order scenario files name them. */
export const brokenKinds = ['space', 'stake', 'work', 'time', 'signature', 'replay'] as const;
export type Broken = (typeof brokenKinds)[number];

/** What the people at the counter want. */
export interface WorkloadParameters {
  readonly clients: number;
  /** Certificate requests in all, broken ones among them. */
  readonly requests: number;
  /** Requests a second over all clients; null: each client keeps `outstanding` in flight. */
  readonly ratePerSecond: number | null;
  readonly outstanding: number;
  /** Most requests that a client puts under one signature; absent or 1: each has its own. */
  readonly requestBatch?: number;
  /** How many requests break which rule, on purpose. */
  readonly invalid: Readonly<Record<Broken, number>>;
  /** The cluster's profile: decides stake, storage and work of everyone. */
  readonly requirements: Requirements;
  /** Of each client: `labels` × 32 bytes × `scaleFactor` meets the profile's storage. */
  readonly plot: { readonly labels: number; readonly scaleFactor: number };
}

/** Clients, requests and in-flight requests of one run; more is a mistake in the scenario. */
export const maxClients = 10_000;
export const maxRequests = 10_000_000;
export const maxRequestBatch = proofLimits.batchedRequests;

/** Why these parameters make no workload, naming the field; null when they do. */
export function parametersFault(parameters: WorkloadParameters): string | null {
  const { clients, requests, ratePerSecond, outstanding, invalid, requirements } = parameters;
  if (!isCount(clients, 1, maxClients)) return `clients: ${clients}, 1 to ${maxClients} allowed`;
  if (!isCount(requests, 0, maxRequests)) {
    return `requests: ${requests}, 0 to ${maxRequests} allowed`;
  }
  if (ratePerSecond !== null && !(ratePerSecond > 0)) return `rate: ${ratePerSecond}, above 0`;
  if (!isCount(outstanding, 1, maxRequests)) return `outstanding: ${outstanding}, 1 or more`;
  const { requestBatch = 1 } = parameters;
  if (!isCount(requestBatch, 1, maxRequestBatch)) {
    return `requestBatch: ${requestBatch}, 1 to ${maxRequestBatch} allowed`;
  }
  let broken = 0;
  for (const kind of brokenKinds) {
    if (!isCount(invalid[kind], 0, requests)) {
      return `invalid.${kind}: ${invalid[kind]}, 0 to ${requests} allowed`;
    }
    broken += invalid[kind];
  }
  if (broken > requests) return `invalid: ${broken} in all, of ${requests} requests`;
  if (invalid.replay > 0 && broken === requests) {
    return 'invalid.replay: needs an honest request whose sequence is used again';
  }
  if (invalid.work > 0 && requirements.minimumComputeBits === 0) {
    return 'invalid.work: the profile asks for no work';
  }
  return null;
}

function isCount(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

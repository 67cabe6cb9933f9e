import { utf8 } from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import { profiles } from '../../proofs/profiles.ts';
import type { Requirements } from '../../proofs/request.ts';
import { noExpectations, noneInvalid } from '../../scenario/defaults.ts';
import type { Scenario } from '../../scenario/scenario.ts';

/** What is asked of the cluster: certificate validations, or bytes that are only ordered. */
export type Work =
  | { readonly type: 'validations' }
  | { readonly type: 'opaque'; readonly sizeBytes: number };

/** Whom clients speak to: every replica over libp2p, or each of them one node over HTTP. */
export const vias = ['libp2p', 'http'] as const;
export type Via = (typeof vias)[number];

/** How hard the clients ask. */
export interface Asking {
  /** Requests in flight in a closed loop; the clients that take turns in an open one. */
  readonly clients: number;
  /** Open loop: requests a second, due at fixed times. null: closed loop. */
  readonly ratePerSecond: number | null;
}

/** One window, after the clients have asked in its way for so long. */
export interface Way extends Asking {
  readonly settleMs: number;
}

/** One measurement of the real cluster. */
export interface BenchPlan extends Asking {
  readonly replicas: number;
  readonly via: Via;
  /** libp2p links from the load process to each replica, where they go that way; shared. */
  readonly links: number;
  readonly warmUpMs: number;
  readonly forMs: number;
  readonly work: Work;
  /** Validations under one signature, with shared openings; 1: each has its own. */
  readonly requestBatch: number;
  readonly storage: 'level' | 'memory';
  readonly seed: number;
  /** A replica that is killed: before the run (`null`), or so long after the window began. */
  readonly kill?: { readonly replica: number; readonly atMs: number | null };
}

export const defaultPlan: BenchPlan = {
  replicas: 4,
  clients: 64,
  via: 'libp2p',
  links: 1,
  warmUpMs: 5000,
  forMs: 30_000,
  ratePerSecond: null,
  work: { type: 'validations' },
  requestBatch: 1,
  storage: 'level',
  seed: 1,
};

/**
 * Checking work costs one hash whatever its difficulty, and only the client pays for more bits: few
 * of them keep the machine for the replicas.
 */
export const workBits = 1;

/** The localhost profile with little work: what every request of a measurement must prove. */
export const benchRequirements: Requirements = {
  ...profiles.localhost,
  minimumComputeBits: workBits,
};

/** 1 MiB in full: paths through its tree are as long as the profile makes them. */
export const plotLabels = 32_768;

/** Requests of one node that may be in flight at once, well inside its replay window of 64. */
const inFlightPerNode = 16;
const maxNodes = 32;

/** Nodes (keys with an account and a plot) that the clients ask for. */
export function nodesFor({ clients, work, requestBatch }: BenchPlan): number {
  if (work.type === 'opaque') return 0;
  return Math.min(maxNodes, Math.ceil(clients / Math.max(inFlightPerNode, requestBatch)));
}

/** Operations in flight: clients whose requests go together are one of them. */
export function operationsInFlight({ clients }: Asking, { requestBatch }: BenchPlan): number {
  return Math.ceil(clients / requestBatch);
}

/** Names the cluster in everything that is signed or proved. */
export function chainIdOf({ seed }: BenchPlan): string {
  return digest('hypermesh/chain', utf8(`bench/${seed}`));
}

/** The cluster as a scenario without faults, villains or workload. */
export function scenarioOf({ replicas, storage, seed, warmUpMs, forMs }: BenchPlan): Scenario {
  return {
    name: 'bench',
    description: '',
    seed,
    replicas: { voting: replicas, standby: 0 },
    profile: 'localhost',
    transport: 'libp2p',
    storage,
    signatures: 'ed25519',
    durationMs: warmUpMs + forMs,
    network: { latency: { minMs: 0, maxMs: 0 }, loss: 0, duplicate: 0, reorder: 0 },
    workload: {
      clients: 0,
      requests: 0,
      ratePerSecond: null,
      outstanding: 1,
      invalid: noneInvalid,
    },
    adversaries: [],
    timeline: [],
    expect: noExpectations,
  };
}

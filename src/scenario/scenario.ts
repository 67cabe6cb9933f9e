import type { MakeBehaviour } from '../adversaries/behaviours.ts';
import type { RoleOptions } from '../adversaries/cast.ts';
import type { Latency } from '../runtime/latency.ts';
import type { Refusal, Transport } from './result.ts';

export const profileNames = ['localhost', 'default', 'production'] as const;
export type ProfileName = (typeof profileNames)[number];

export const behaviourNames = [
  'silent',
  'delay',
  'equivocate',
  'withholdCommits',
  'withholdPrePrepares',
  'censor',
  'corruptDigest',
  'forgeProof',
  'rejectValid',
  'divergentResult',
  'replay',
  'flood',
  'staleView',
  'lieInViewChange',
  'lieInStateTransfer',
  'skewTimestamp',
  'twins',
  'collude',
  'mutate',
  'slander',
] as const;
export type BehaviourName = (typeof behaviourNames)[number];

export const hostileNames = [
  'conflict',
  'halfSend',
  'oneBackup',
  'flood',
  'garbage',
  'poison',
] as const;
export type HostileName = (typeof hostileNames)[number];

/** One client that means harm. */
export interface HostileSpec {
  readonly behaviour: HostileName;
  /** Misdeeds in all. */
  readonly requests: number;
  readonly fromMs: number;
  /** Spread evenly up to here; null: one every hundredth of a second. */
  readonly untilMs: number | null;
}

/** Certificates through TrustChain, or bare operations that change nothing. */
export const workloadKinds = ['certificates', 'nops'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** Links between replicas of the first group and of the second, with a latency of their own. */
export interface LinkSpec {
  readonly between: readonly [readonly number[], readonly number[]];
  readonly latency: Latency;
  /** From the first to the second only; absent: in both directions. */
  readonly oneWay?: true;
}

export interface AdversarySpec {
  readonly replicas: readonly number[];
  /** `own`: what {@link make} makes, brought by a program; no file can say it. */
  readonly behaviour: BehaviourName | 'own';
  readonly make?: MakeBehaviour;
  /** What it may be told of its part; absent: it plays as it pleases. */
  readonly options?: RoleOptions;
  readonly fromMs: number;
  /** null: to the end. */
  readonly untilMs: number | null;
}

/**
 * What a restarted replica finds on its disk: what it wrote, nothing, or what it wrote with a bit
 * of it changed.
 */
export type DiskFate = 'kept' | 'lost' | 'corrupt';

export type TimelineEvent =
  | {
      readonly type: 'partition';
      readonly atMs: number;
      readonly groups: readonly (readonly number[])[];
      readonly forMs: number | null;
    }
  | { readonly type: 'heal'; readonly atMs: number }
  | { readonly type: 'crash'; readonly atMs: number; readonly replica: number }
  | {
      readonly type: 'restart';
      readonly atMs: number;
      readonly replica: number;
      readonly disk: DiskFate;
    }
  | {
      readonly type: 'clock';
      readonly atMs: number;
      readonly replica: number;
      readonly offsetMs: number;
    }
  /** The next `writes` of its disk fail, which takes it down; a restart finds the disk mended. */
  | {
      readonly type: 'failWrites';
      readonly atMs: number;
      readonly replica: number;
      readonly writes: number;
    }
  /** The operators of the others take an isolated replica back. */
  | { readonly type: 'readmit'; readonly atMs: number; readonly replica: number }
  | {
      readonly type: 'link';
      readonly atMs: number;
      readonly from: number;
      readonly to: number;
      readonly loss: number;
      readonly forMs: number | null;
    };

/** `190` or `">= 190"`. */
export interface Comparison {
  readonly operator: '=' | '>=' | '<=' | '>' | '<';
  readonly value: number;
}

export interface Expectations {
  readonly outcome: 'passed' | 'stalled' | 'diverged';
  readonly issued: Comparison | null;
  readonly rejected: Comparison | Partial<Record<Refusal, Comparison>> | null;
  readonly isolated: readonly number[] | null;
  readonly accused: readonly number[] | null;
  readonly viewChanges: Comparison | null;
  readonly recovered: readonly number[] | null;
  /** Hostile clients that f+1 replicas read slowly for a while; absent: nothing is said. */
  readonly throttled?: readonly number[];
  /** Milliseconds. */
  readonly latency: Partial<Record<'p50' | 'p90' | 'p99' | 'max', Comparison>> | null;
}

/** One scenario file (CONTRACT §2), parsed, checked and with every default filled in. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly replicas: { readonly voting: number; readonly standby: number };
  readonly profile: ProfileName;
  readonly transport: Transport;
  readonly storage: 'level' | 'memory';
  readonly signatures: 'ed25519' | 'ideal';
  readonly durationMs: number;
  /** How long a primary may wait for larger batches between two proposals; absent: not at all. */
  readonly proposalIntervalMs?: number;
  readonly network: {
    readonly latency: Latency;
    readonly loss: number;
    readonly duplicate: number;
    readonly reorder: number;
    /** Links with a latency of their own; absent: all links are alike. */
    readonly links?: readonly LinkSpec[];
  };
  readonly workload: {
    /** What clients ask for; absent: certificates. `nops` are for volume in virtual time. */
    readonly kind?: WorkloadKind;
    readonly clients: number;
    readonly requests: number;
    /** Requests a second over all clients; null: each client keeps `outstanding` in flight. */
    readonly ratePerSecond: number | null;
    readonly outstanding: number;
    /** Most requests that a client puts under one signature; absent or 1: each has its own. */
    readonly requestBatch?: number;
    readonly invalid: Readonly<Record<Refusal, number>>;
  };
  readonly adversaries: readonly AdversarySpec[];
  /** Clients that mean harm, beside those of the workload; absent: none do. */
  readonly hostileClients?: readonly HostileSpec[];
  readonly timeline: readonly TimelineEvent[];
  readonly expect: Expectations;
}

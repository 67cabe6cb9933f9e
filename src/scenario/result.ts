import type { Digest } from '../base/digest.ts';

export type Outcome = 'passed' | 'failed' | 'stalled' | 'diverged';
export type Transport = 'simulated' | 'libp2p';
export type ProofName = 'space' | 'stake' | 'work' | 'time';
/** Why a request was refused: the failing proof, or what came before the proofs. */
export type Refusal = ProofName | 'signature' | 'replay';
export const refusals: readonly Refusal[] = [
  'space',
  'stake',
  'work',
  'time',
  'signature',
  'replay',
];

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface ExpectationResult {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
  readonly held: boolean;
}

/** Checkers that promise progress; all others promise safety. */
export const livenessCheckers: ReadonlySet<string> = new Set([
  'progress',
  'needlessViewChange',
  'catchUp',
]);

export interface Violation {
  readonly checker: string;
  readonly sequence: number | null;
  readonly replicas: readonly number[];
  readonly atMs: number;
  readonly detail: string;
  /** The last lines of the trace before it, oldest first; in virtual time. */
  readonly trace?: readonly string[];
}

/** One contradicting message of a piece of evidence, decoded for people. */
export interface EvidenceMessage {
  readonly type: string;
  readonly fields: Readonly<Record<string, string | number>>;
  /** Signed payload and signature, hex. */
  readonly payload: string;
  readonly signature: string;
}

export interface Accusation {
  readonly accused: number;
  readonly evidence: string;
  readonly by: readonly number[];
  /** Since the start of the run. */
  readonly atMs: number;
  readonly messages: readonly EvidenceMessage[];
}

/** A villain that was found out. */
export interface Detection {
  readonly replica: number;
  readonly evidence: string;
  /** From the first time it did what no honest replica does to the first proof of a lie of its. */
  readonly ms: number;
  /** Delivered meanwhile, in the whole cluster; on libp2p as its processes last counted them. */
  readonly messages: number;
}

/** One certificate request and what became of it. */
export interface RequestRecord {
  readonly name: string;
  readonly client: number;
  /** How it was broken on purpose; null for an honest one. */
  readonly broken: Refusal | null;
  readonly outcome: 'issued' | 'rejected' | 'pending';
  readonly serial: string | null;
  readonly failures: readonly ProofFailure[];
  readonly latencyMs: number | null;
  readonly sequence: number | null;
}

export interface ProofFailure {
  readonly proof: Refusal;
  readonly reason: string;
  readonly measured: string;
  readonly required: string;
}

/** What one hostile client did, and what became of it. */
export interface HostileResult {
  readonly behaviour: string;
  readonly misdeeds: number;
  /** Operations it inquired about; those with a quorum's answer; those that were honoured. */
  readonly asked: number;
  readonly answered: number;
  readonly honoured: number;
  /** Correct replicas that read it slowly for a while. */
  readonly throttledBy: readonly number[];
}

/** What one run of one scenario led to; the `--json` object of CONTRACT §3 and more. */
export interface RunResult {
  readonly scenario: string;
  readonly seed: number;
  readonly transport: Transport;
  readonly replicas: number;
  readonly f: number;
  readonly outcome: Outcome;
  readonly issued: number;
  readonly rejected: Readonly<Record<Refusal | 'total', number>>;
  readonly pending: number;
  readonly viewChanges: number;
  readonly accused: readonly number[];
  readonly isolated: readonly number[];
  readonly suspected: readonly number[];
  readonly recovered: readonly number[];
  /** What hostile clients did and came to; absent: there were none. */
  readonly hostileClients?: readonly HostileResult[];
  readonly latencyMs: Percentiles;
  readonly throughputPerSecond: number;
  readonly messages: {
    readonly sent: number;
    readonly delivered: number;
    readonly dropped: number;
  };
  readonly bytesSent: number;
  readonly virtualMs: number;
  readonly wallMs: number;
  /** SHA-256 over the trace in virtual time; over the decisions on libp2p. */
  readonly traceDigest: Digest;
  readonly expectations: readonly ExpectationResult[];
  readonly violations: readonly Violation[];
  /** The command that shows the violations again; absent where there are none, or none can. */
  readonly repeat?: string;
  readonly accusations: readonly Accusation[];
  /** In the order in which they were found out. */
  readonly detections: readonly Detection[];
  readonly requests: readonly RequestRecord[];
  /** True when the run was interrupted before its end. */
  readonly partial: boolean;
}

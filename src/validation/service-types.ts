import type { Digest } from '../base/digest.ts';
import type { CertificateRequest } from '../proofs/request.ts';
import type { RequirementsJson } from './wire/requirements-json.ts';

/** One body that asks for a decision, as the service takes it. */
export interface Submission {
  readonly requestId: string;
  /** Names the body: the same one again gets the same answer. */
  readonly bodyDigest: Digest;
  readonly operation: Uint8Array;
  readonly request: CertificateRequest;
  readonly asked: RequirementsJson | undefined;
  /** The node key signed it: it may use up its id. */
  readonly authentic: boolean;
}

/** Why there is no answer now; all of it heals. */
export type Unavailable =
  /** Too much waits already: nothing was taken. */
  | 'saturated'
  /** This node does not see a quorum. What was taken is decided when it does again. */
  | 'noQuorum'
  /** Taken, and not decided by the deadline. */
  | 'deadline'
  /** The disk does not take what would have to be kept. */
  | 'storeFailed'
  | 'stopping';

export type ServiceOutcome =
  /** `text`: the ValidationResult as JSON, word for word what everybody is told who asks again. */
  | { readonly type: 'answered'; readonly text: string }
  /** Kept on disk and under way; its answer is asked for by status. */
  | { readonly type: 'accepted' }
  /** The id has a decision, or will have one, and it is another body's. */
  | { readonly type: 'conflict' }
  | {
      readonly type: 'unavailable';
      readonly reason: Unavailable;
      readonly retryAfterMs: number;
    };

export interface ServiceLimits {
  /** Operations before the replicas at the same time. */
  readonly maxInFlight: number;
  /** Bodies that wait for a place among them. */
  readonly maxQueued: number;
  /** Nobody is taken any more while the first in the queue has waited so long. */
  readonly maxQueueWaitMs: number;
  /** The longest anybody waits for an answer. */
  readonly deadlineMs: number;
  /** How long a quorum may be out of sight before that is the answer. */
  readonly quorumGraceMs: number;
  /** What is pending is asked again for so long, and then given up. */
  readonly pendingKeepMs: number;
}

/** A node answers before a client of the profile turns to the next one (`http-policy.ts`). */
export const localhostServiceLimits: ServiceLimits = {
  maxInFlight: 1024,
  maxQueued: 2048,
  maxQueueWaitMs: 2_000,
  deadlineMs: 9_000,
  quorumGraceMs: 3_000,
  pendingKeepMs: 3_600_000,
};

export const productionServiceLimits: ServiceLimits = {
  ...localhostServiceLimits,
  maxInFlight: 4096,
  maxQueued: 8192,
  deadlineMs: 14_000,
  quorumGraceMs: 5_000,
};

import type { Answer, ResultCertificate } from '../pbft/messages.ts';

/** A quorum's answer to one operation: everything a stranger needs to check it offline. */
export interface CertifiedAnswer {
  readonly certificate: ResultCertificate;
  readonly answer: Answer;
  /** The view f+1 repliers named: information, no vote covers it. */
  readonly view: number;
}

export type ValidatorOutcome =
  | { readonly type: 'certified'; readonly certified: CertifiedAnswer }
  /**
   * No quorum answered before the deadline, or none can be expected to. The operation may still be
   * decided later. `detail` says who failed how, where that is known.
   */
  | { readonly type: 'timeout'; readonly detail?: string }
  /** Never sent, or (stopped) no longer waited for: this client's own doing, not the cluster's. */
  | { readonly type: 'refused'; readonly reason: 'overloaded' | 'tooLarge' | 'stopped' };

/**
 * What TrustChain asks: order this operation and bring back a quorum's certified result. Callbacks,
 * not promises, so that the same code runs in virtual time.
 */
export interface Validator {
  submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void): void;
}

import type { ProofFailure } from '../proofs/request.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import type { IssuedCertificate } from './certificate-store.ts';
import { LintViolation } from './lint/lint.ts';
import type { Refusal } from './refusal.ts';

/** How a request for a certificate ends. */
export type IssuanceOutcome =
  | {
      readonly type: 'issued';
      readonly certificate: IssuedCertificate;
      readonly certified: CertifiedAnswer;
    }
  /** A quorum says no, and which proofs failed: as certified as a yes. */
  | {
      readonly type: 'invalid';
      readonly failures: readonly ProofFailure[];
      readonly certified: CertifiedAnswer;
    }
  /** Not issued, for a reason of this authority's own. */
  | { readonly type: 'refused'; readonly refusal: Refusal }
  /**
   * No quorum answered in time. Ask again under the same request id: the vote may still come.
   * `detail` says who failed how, where that is known.
   */
  | { readonly type: 'timeout'; readonly detail?: string };

export type IssuanceDone = (outcome: IssuanceOutcome) => void;

/** The cluster answered, but not with what a certificate may be issued on. */
export function notAccepted(detail: string): IssuanceOutcome {
  return { type: 'refused', refusal: { code: 'answerNotAccepted', detail } };
}

export function storageFailed(error: Error): IssuanceOutcome {
  const code = error instanceof LintViolation ? 'lintFailed' : 'storageFailed';
  return { type: 'refused', refusal: { code, detail: error.message } };
}

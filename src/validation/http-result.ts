import { assert } from '../base/assert.ts';
import { decodeResult, type OperationResult } from '../ledger/result.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';

/** An answer as its readers want it: what was decided, and the proof that it was. */
export interface CertifiedResult {
  /**
   * `valid` and `invalid` are decisions on a certificate request, `validations` has one on each of
   * a batch, the others are on other orders.
   */
  readonly status: 'valid' | 'invalid' | 'validations' | 'registered' | 'accepted' | 'refused';
  /** Read from the bytes the quorum signed, as is the status. */
  readonly result: OperationResult;
  readonly certified: CertifiedAnswer;
}

/** `certified` must have been checked: then its result is one the ledger wrote. */
export function readCertifiedResult(certified: CertifiedAnswer): CertifiedResult {
  const decoded = decodeResult(certified.answer.result);
  assert(decoded.ok, 'a checked answer holds a result');
  return { status: statusOf(decoded.value), result: decoded.value, certified };
}

export function statusOf(result: OperationResult): CertifiedResult['status'] {
  return result.type === 'validation' ? result.status : result.type;
}

import { validateOperation } from '../../ledger/operation.ts';
import { limits as proofLimits } from '../../proofs/limits.ts';
import type { CertificateRequest, CertificateSubject, ProofSet } from '../../proofs/request.ts';
import { subjectFault } from '../../proofs/request-codec.ts';
import { bytesOf } from '../../runtime/json-format.ts';
import { maxComputeUnits } from './requirements-json.ts';

/** The operation that a body stands for, or what of it the ledger could never take. */
export type BodyOperation =
  | {
      readonly ok: true;
      /** The bytes that are ordered. */
      readonly operation: Uint8Array;
      readonly request: CertificateRequest;
    }
  /** Nobody signed it: whom it is from is not known. */
  | { readonly ok: false; readonly fault: 'unsigned'; readonly pointer: string }
  /** Well-formed, but no body of this kind can be what it says. */
  | {
      readonly ok: false;
      readonly fault: 'impossible';
      /** JSON pointer (RFC 6901) into the body. */
      readonly pointer: string;
      readonly detail: string;
    };

export function impossible(pointer: string, detail: string): BodyOperation {
  return { ok: false, fault: 'impossible', pointer, detail };
}

/** A life that is not stated is a day: that of a leaf certificate. */
export const defaultLifeMs = 86_400_000;

/** What both kinds of body have, besides their subject. `at` is the pointer to it. */
export interface SignedParts {
  readonly at: string;
  /** The requester's own clock, as the body says beside the proofs. */
  readonly timestamp: string;
  readonly signature: string | undefined;
  readonly proofs: ProofSet;
}

/** Joins subject, proofs and signature, cheapest rules first. */
export function operationFrom(subject: CertificateSubject, parts: SignedParts): BodyOperation {
  const { at, timestamp, signature, proofs } = parts;
  if (signature === undefined || signature === '') {
    return { ok: false, fault: 'unsigned', pointer: `${at}/signature` };
  }
  if (Date.parse(timestamp) !== proofs.time.timestamp) {
    const said = new Date(proofs.time.timestamp).toISOString();
    return impossible(`${at}/timestamp`, `the time proof was made at ${said}`);
  }
  if (subject.notAfterMs < proofs.time.timestamp) {
    return impossible(`${at}/not_after`, 'ends before it was asked for');
  }
  const bits = subject.requirements?.minimumComputeBits ?? 0;
  if (bits > proofLimits.workBits) {
    const detail = `at most ${maxComputeUnits} units: nobody can be made to burn more`;
    return impossible('/consensus_requirements/minimum_compute', detail);
  }
  const fault = subjectFault(subject);
  if (fault !== null) return impossible(at, fault);
  const request = { subject, proofs, signature: bytesOf(signature) };
  return { ok: true, operation: validateOperation(request), request };
}

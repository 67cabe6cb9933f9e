/** Why a request never came to a vote, or a vote to a certificate. Names the rule, in one word. */
export type RefusalCode =
  | 'tooLarge'
  | 'malformed'
  | 'badSignature'
  | 'unsupportedKey'
  | 'weakKey'
  | 'unsupportedName'
  | 'unsupportedExtension'
  | 'authorityRequested'
  | 'noNames'
  | 'tooManyNames'
  | 'badName'
  | 'nameNotAllowed'
  | 'nameDenied'
  | 'wildcardNotAllowed'
  | 'addressNotAllowed'
  | 'unknownCertificate'
  /** A renewal signed by another key than that of the certificate it follows. */
  | 'notTheHolder'
  | 'otherNames'
  /** Revoked, or ended: it has nothing to hand on. */
  | 'notInForce'
  | 'overloaded'
  | 'duplicateRequest'
  | 'agentFailed'
  /** For as long as a request is kept, no quorum answered. */
  | 'noQuorum'
  /** The cluster answered, but not with what a certificate may be issued on. */
  | 'answerNotAccepted'
  | 'storageFailed'
  /** This authority made what it must not sign: its own fault, to be told to its operator. */
  | 'lintFailed';

export interface Refusal {
  readonly code: RefusalCode;
  /** For people: what was found and what is allowed. */
  readonly detail: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export function refuse(code: RefusalCode, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code, detail } };
}

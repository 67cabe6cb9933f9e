/** A nonce that makes the hash of the request's context rare. */
export interface WorkProof {
  /** Non-negative safe integer. */
  readonly nonce: number;
}

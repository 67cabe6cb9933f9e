import { overdueReason } from '../ledger/validate.ts';
import type { FailedProof, ProofFailure } from '../proofs/request.ts';

/** Refusals that proofs made anew, with what the refusal brought, may turn. */
const healable: ReadonlySet<FailedProof> = new Set(['time', 'replay', 'work']);

/** How a refused request may yet be granted: by fresh proofs, and before them an attestation. */
export interface Healing {
  readonly failure: ProofFailure;
  readonly attestFirst: boolean;
}

/**
 * A refusal for being late, or for a price that rose meanwhile, is healed by fresh proofs; any
 * other is what the quorum thinks: null.
 */
export function healingOf(failures: readonly ProofFailure[]): Healing | null {
  const overdue = failures.find(({ reason }) => reason === overdueReason);
  const late = overdue ?? failures.find(({ proof }) => healable.has(proof));
  return late === undefined ? null : { failure: late, attestFirst: overdue !== undefined };
}

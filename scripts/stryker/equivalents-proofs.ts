import type { Equivalent } from './equivalent.ts';

/** Mutants of `src/proofs` that behave as the original does. */
export const proofsEquivalents: readonly Equivalent[] = [];

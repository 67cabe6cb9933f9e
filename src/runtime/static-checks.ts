import type { StaticVerdict } from '../ledger/static-check.ts';

/**
 * Checks operations ahead of their execution, on another thread than the one that runs consensus.
 * Only a help: what is not checked by then is checked at execution, with the same verdict.
 */
export interface StaticChecks {
  /**
   * Takes an operation and gives its verdict in a later turn, once or (stopped, thread lost) never.
   * Null: before the check began `isKnown` said that execution found the verdict meanwhile.
   * False, and nothing taken, when too many wait already. Does no hashing itself.
   */
  check(
    operation: Uint8Array,
    done: (verdict: StaticVerdict | null) => void,
    isKnown: () => boolean,
  ): boolean;
}

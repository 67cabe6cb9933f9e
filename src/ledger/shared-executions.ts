import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import { batchDigest } from '../pbft/envelope.ts';
import type { Execution } from './ledger.ts';
import type { StateTree } from './state-tree.ts';

/** What a batch led to, and the state after it. */
export interface Outcome {
  readonly execution: Execution;
  readonly tree: StateTree;
}

/** Outcomes remembered: replicas of one cluster are at most a few windows apart. */
const maxOutcomes = 1024;
/** One in so many is worked out again all the same. */
const auditShare = 16;

/**
 * What batches led to, for the ledgers of one process: a simulation's replicas all run the same
 * batches on the same states, and execution is a pure function of both. One in sixteen is run anew
 * and held against what is known, so that a function that is not pure after all does not stay
 * hidden behind its first answer.
 */
export class SharedExecutions {
  private readonly outcomes = new Map<string, Outcome>();
  private asked = 0;

  /** The outcome of running this batch after that state, from memory or from `run`. */
  outcome(
    before: Digest,
    sequence: number,
    timestamp: number,
    operations: readonly Uint8Array[],
    run: () => Outcome,
  ): Outcome {
    const key = `${before}/${sequence}/${timestamp}/${batchDigest(operations)}`;
    const known = this.outcomes.get(key);
    if (known === undefined) {
      const outcome = run();
      this.keep(key, outcome);
      return outcome;
    }
    if (++this.asked % auditShare === 0) {
      const { execution } = run();
      const { resultsRoot, stateDigest } = known.execution;
      const same = execution.resultsRoot === resultsRoot && execution.stateDigest === stateDigest;
      assert(same, `sequence ${sequence} led elsewhere when it was run a second time`);
    }
    return known;
  }

  private keep(key: string, outcome: Outcome): void {
    this.outcomes.set(key, outcome);
    const oldest = this.outcomes.keys().next();
    if (this.outcomes.size > maxOutcomes && !oldest.done) this.outcomes.delete(oldest.value);
  }
}

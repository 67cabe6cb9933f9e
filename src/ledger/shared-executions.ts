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

/**
 * Sequences whose outcomes are remembered: replicas of one cluster are at most a few windows apart,
 * and what is forgotten is only run anew. Each holds a batch's results and the state after it.
 */
const rememberedSequences = 256;
/** One batch in so many is run a second time all the same. */
const auditShare = 5;

/** What was run, and what came of it. */
interface Run {
  readonly before: Digest;
  readonly timestamp: number;
  readonly batch: Digest;
  readonly outcome: Outcome;
  /** How many more ask before one of them runs it again. */
  untilAudit: number;
}

/**
 * What batches led to, for the ledgers of one process: a simulation's replicas all run the same
 * batches on the same states, and execution is a pure function of both. One batch in five is run
 * anew by another ledger, the second that asks for it or the third by turns, and held against what
 * is known, so that a function that is not pure after all does not stay hidden behind its first
 * answer. Not one question in so many: with many replicas each batch would be run several times.
 */
export class SharedExecutions {
  /** The last run of each sequence: more than one there is only where agreement is broken. */
  private readonly runs = new Map<number, Run>();
  private batches = 0;

  /** The outcome of running this batch after that state, from memory or from `run`. */
  outcome(
    before: Digest,
    sequence: number,
    timestamp: number,
    operations: readonly Uint8Array[],
    run: () => Outcome,
  ): Outcome {
    const batch = batchDigest(operations);
    const known = this.runs.get(sequence);
    const fits = known?.before === before && known.timestamp === timestamp && known.batch === batch;
    if (known === undefined || !fits) {
      const outcome = run();
      const untilAudit = this.nextAudit();
      this.runs.set(sequence, { before, timestamp, batch, outcome, untilAudit });
      this.runs.delete(sequence - rememberedSequences);
      return outcome;
    }
    if (--known.untilAudit === 0) {
      const { execution } = run();
      const { resultsRoot, stateDigest } = known.outcome.execution;
      const same = execution.resultsRoot === resultsRoot && execution.stateDigest === stateDigest;
      assert(same, `sequence ${sequence} led elsewhere when it was run a second time`);
    }
    return known.outcome;
  }

  /** Which of those who ask for the batch that was just run are to run it again. */
  private nextAudit(): number {
    const turn = ++this.batches / auditShare;
    return Number.isInteger(turn) ? 1 + (turn % 2) : Number.POSITIVE_INFINITY;
  }
}

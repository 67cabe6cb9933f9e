import { type ReadmissionVote, readmissionOf } from '../node/readmission.ts';
import { resultOf } from '../prover/enrolment.ts';
import type { Timers } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';

/** Nodes are asked again this often, for as long as the isolation may still be on its way. */
const askAgainMs = 200;
const patienceMs = 20_000;

export interface OperatorsOptions {
  /** Has the nodes that are up sign; calls back with the votes that came. */
  readonly askVotes: (process: number, done: (votes: readonly ReadmissionVote[]) => void) => void;
  /** Members of the present epoch. */
  readonly n: () => number;
  readonly validator: Validator;
  readonly timers: Timers;
}

/**
 * The people behind the nodes, when they agree to take an isolated replica back: each has its node
 * sign, one of them gathers what they signed and has it decided.
 */
export class Operators {
  private readonly options: OperatorsOptions;

  constructor(options: OperatorsOptions) {
    this.options = options;
  }

  /** Calls back once, with what came of it in words; bounded. */
  readmit(process: number, done: (outcome: string) => void, waitedMs = 0): void {
    const { askVotes, timers, n, validator } = this.options;
    const again = (why: string): void => {
      if (waitedMs >= patienceMs) return done(`replica ${process} is not readmitted: ${why}`);
      timers.after(askAgainMs, () => this.readmit(process, done, waitedMs + askAgainMs));
    };
    askVotes(process, (votes) => {
      const operation = readmissionOf(votes, n());
      if (operation === null) return again(`${votes.length} nodes signed for it`);
      validator.submit(operation, (outcome) => {
        if (outcome.type !== 'certified') return again('no quorum answered');
        const result = resultOf(outcome.certified);
        if (result.type === 'refused') return again(result.reason);
        done(`replica ${process} is readmitted, by the word of ${votes.length}`);
      });
    });
  }
}

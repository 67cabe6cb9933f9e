import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { Outcome } from '../../src/ledger/shared-executions.ts';
import { SharedExecutions } from '../../src/ledger/shared-executions.ts';
import { emptyTree } from '../../src/ledger/state-tree.ts';

const before = '1'.repeat(64);
const batch = [utf8('an operation')];

function ledTo(stateDigest: string): Outcome {
  const execution = { results: [], resultsRoot: '2'.repeat(64), stateDigest, timestamp: 5 };
  return { execution, tree: emptyTree };
}

describe('executions shared by the ledgers of one process', () => {
  test('are run once for equal states, batches, times and sequences, and for these alone', () => {
    const shared = new SharedExecutions();
    let runs = 0;
    const run = (): Outcome => {
      runs++;
      return ledTo('3'.repeat(64));
    };
    const first = shared.outcome(before, 1, 5, batch, run);
    expect(shared.outcome(before, 1, 5, [utf8('an operation')], run)).toBe(first);
    expect(runs).toBe(1);
    shared.outcome(before, 2, 5, batch, run);
    shared.outcome(before, 1, 6, batch, run);
    shared.outcome(before, 1, 5, [utf8('another')], run);
    shared.outcome('4'.repeat(64), 1, 5, batch, run);
    expect(runs).toBe(5);
  });

  test('are run again now and then, whoever asks, and a second answer is a bug of ours', () => {
    const shared = new SharedExecutions();
    /** Which of four that ask for the batch of this sequence ran it, if all gave one answer. */
    const whoRan = (sequence: number, answer: (replica: number) => string): number[] => {
      const ran: number[] = [];
      for (const replica of [0, 1, 2, 3]) {
        shared.outcome(before, sequence, 5, batch, () => {
          ran.push(replica);
          return ledTo(answer(replica).repeat(64));
        });
      }
      return ran;
    };
    const runs = Array.from({ length: 10 }, (_, sequence) => whoRan(sequence, () => '3'));
    expect(runs).toEqual([[0], [0], [0], [0], [0, 2], [0], [0], [0], [0], [0, 1]]);
    const impure = () => [11, 12, 13, 14, 15].forEach((sequence) => void whoRan(sequence, String));
    expect(impure).toThrow('sequence 15 led elsewhere');
  });
});

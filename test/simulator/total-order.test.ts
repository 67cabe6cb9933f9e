import { expect, test } from 'vitest';
import { encodeResult, type ValidationResult } from '../../src/ledger/result.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import { TotalOrderChecker } from '../../src/simulator/checkers/total-order.ts';
import { decision, executed, operation } from './histories.ts';

const keptMs = 1000;
const measure = { measured: '', required: '' };

/** What the ledger says of a request, here `ask`; each reason is a broken rule. */
function answer(...reasons: readonly string[]): Uint8Array {
  const result: ValidationResult = {
    type: 'validation',
    operation: requestDigest(operation('ask')),
    decidedAtMs: 5,
    beacon: { epoch: 1, value: '00'.repeat(32) },
    computeBits: 4,
    requestId: 'one',
    nodeId: new Uint8Array(32),
    requestHash: 'ab'.repeat(32),
    tbsDigest: null,
    status: reasons.length === 0 ? 'valid' : 'invalid',
    failures: reasons.map((reason) => ({ proof: 'time', reason, ...measure })),
    measured: { space: measure, stake: measure, work: measure, time: measure },
  };
  return encodeResult(result);
}

/** What the checker says of `second`, given so long after `first`. */
function judge(first: Uint8Array, second: Uint8Array, afterMs: number): string | null {
  const checker = new TotalOrderChecker(keptMs);
  let finding = null;
  for (const [i, result] of [first, second].entries()) {
    const { certificate, batch } = decision(i + 1, ['ask']);
    finding = checker.onDecided(0, certificate, batch);
    const timestamp = i * afterMs;
    finding ??= checker.onExecuted(0, {
      ...executed(i + 1, ['ask']),
      timestamp,
      results: [result],
    });
  }
  return finding?.detail ?? null;
}

const otherwise = /was answered otherwise than at sequence 1/;

test('a refused request is refused again for the same reasons while it is kept', () => {
  expect(judge(answer('late'), answer('late'), keptMs)).toBeNull();
  expect(judge(answer('late'), answer('later'), keptMs)).toMatch(otherwise);
});

test('once it is forgotten it may be refused for others, and is not accepted', () => {
  expect(judge(answer('late'), answer('later'), keptMs + 1)).toBeNull();
  expect(judge(answer('late'), answer(), keptMs + 1)).toMatch(otherwise);
});

test('an accepted one that is forgotten is refused, and not accepted anew', () => {
  expect(judge(answer(), answer('late'), keptMs)).toMatch(otherwise);
  expect(judge(answer(), answer('late'), keptMs + 1)).toBeNull();
});

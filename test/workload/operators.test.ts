import { expect, it } from 'vitest';
import { decodeOperation } from '../../src/ledger/operation.ts';
import { encodeResult } from '../../src/ledger/result.ts';
import { type ReadmissionVote, readmissionOf } from '../../src/node/readmission.ts';
import type { ValidatorOutcome } from '../../src/runtime/validator.ts';
import { Operators } from '../../src/workload/operators.ts';

const vote = (voter: number, isolatedAt = 17): ReadmissionVote => ({
  replica: 0,
  isolatedAt,
  vote: { replica: voter, signature: new Uint8Array([voter]) },
});

it.each([
  [[vote(1), vote(2), vote(3)], true, 'a quorum of four'],
  [[vote(1), vote(2)], false, 'one too few'],
  [[vote(1), vote(2), vote(2)], false, 'one of them twice'],
  [[vote(1), vote(2), vote(3, 40)], false, 'one about another isolation'],
  [[vote(3, 40), vote(1), vote(2), vote(3)], true, 'a quorum among others'],
])('votes make a readmission or not, %#: %s %s %s', (votes, makes, _why) => {
  const operation = readmissionOf(votes, 4);
  expect(operation !== null).toBe(makes);
  if (operation === null) return;
  const decoded = decodeOperation(operation);
  expect(decoded.ok && decoded.value).toMatchObject({ type: 'readmit', isolatedAt: 17 });
});

/** Operators of a cluster whose nodes sign from the `signsAfter`-th question on. */
function ask(signsAfter: number, refusal: string | null) {
  const told: string[] = [];
  const answered = { operation: '00'.repeat(32), decidedAtMs: 1, computeBits: 1 };
  const said = { ...answered, beacon: { epoch: 1, value: '11'.repeat(32) } };
  const result =
    refusal === null
      ? encodeResult({ type: 'accepted', ...said })
      : encodeResult({ type: 'refused', ...said, reason: refusal });
  let questions = 0;
  let waitedMs = 0;
  const due: (() => void)[] = [];
  const operators = new Operators({
    askVotes: (_, done) => {
      questions += 1;
      done(questions > signsAfter ? [vote(1), vote(2), vote(3)] : []);
    },
    n: () => 4,
    validator: {
      submit: (_, done) => {
        done({ type: 'certified', certified: { answer: { result } } } as ValidatorOutcome);
      },
    },
    timers: {
      after: (delayMs, callback) => {
        waitedMs += delayMs;
        due.push(callback);
        return () => {};
      },
    },
  });
  operators.readmit(0, (outcome) => told.push(outcome));
  for (let next = due.shift(); next !== undefined; next = due.shift()) next();
  return { told, waitedMs };
}

it('operators take a replica back once enough of their nodes know that it is isolated', () => {
  expect(ask(3, null).told).toEqual(['replica 0 is readmitted, by the word of 3']);
});

it('operators say why it does not work, after a bounded time', () => {
  const never = ask(Number.POSITIVE_INFINITY, null);
  expect(never.told).toEqual(['replica 0 is not readmitted: 0 nodes signed for it']);
  expect(never.waitedMs).toBe(20_000);
  const refused = ask(0, '2 valid votes, 3 wanted').told;
  expect(refused).toEqual(['replica 0 is not readmitted: 2 valid votes, 3 wanted']);
});

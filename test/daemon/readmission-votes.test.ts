import { expect, test } from 'vitest';
import { readVotes } from '../../src/daemon/readmission.ts';

const chain_id = 'ab'.repeat(32);
const line = (changes: object = {}) =>
  JSON.stringify({
    chain_id,
    replica: 2,
    isolated_at: 17,
    voter: 0,
    signature: '00'.repeat(64),
    ...changes,
  });
const read = (...texts: string[]) => readVotes(texts.map((text, i) => ({ name: `v${i}`, text })));

test('votes are read from as many files as there are, a line each', () => {
  const votes = read(`${line()}\n${line({ voter: 1 })}\n`, line({ voter: 3 }));
  expect(votes.map(({ vote }) => vote.replica)).toEqual([0, 1, 3]);
});

test.each([
  ['no JSON', 'v0:1: found no vote; allowed: lines of readmit vote'],
  [line({ extra: 1 }), 'v0:1: found no vote'],
  [line({ signature: 'xyz' }), 'v0:1: found no vote'],
  [`${line()}\n${line({ chain_id: 'cd'.repeat(32) })}`, 'v0:2: found a vote of another cluster'],
  [
    `${line()}\n${line({ replica: 1 })}`,
    'v0:2: found a vote about replica 1 isolated at 17; allowed: replica 2 isolated at 17',
  ],
  [`${line()}\n${line({ isolated_at: 40 })}`, 'v0:2: found a vote about replica 2 isolated at 40'],
])('what is no vote like the others is named by its line, %#', (text, problem) => {
  expect(() => read(text)).toThrow(problem);
});

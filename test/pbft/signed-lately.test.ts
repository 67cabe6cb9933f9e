import { describe, expect, it } from 'vitest';
import type { Commit, Prepare, ResultStatement, Statement } from '../../src/pbft/messages.ts';
import { encodeStatement, encodeVote } from '../../src/pbft/statement-codec.ts';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)] as const;
const prepare: Prepare = { type: 'prepare', view: 1, sequence: 7, headerDigest: a };
const commit: Commit = { ...prepare, type: 'commit' };
const result: ResultStatement = {
  type: 'result',
  epoch: 0,
  sequence: 7,
  timestamp: 1,
  resultsRoot: a,
  stateDigest: a,
};

describe('votes that others of this process signed lately', () => {
  it.each([prepare, commit, result])('are encoded once: $type', (vote) => {
    const first = encodeVote(vote);
    expect(encodeVote({ ...vote })).toBe(first);
  });

  it.each<[string, Statement, Statement]>([
    ['of another type', prepare, commit],
    ['of another view', prepare, { ...prepare, view: 2 }],
    ['of a sequence at the same place', prepare, { ...prepare, sequence: 7 + 16 }],
    ['for another header', commit, { ...commit, headerDigest: b }],
    ['of another epoch', result, { ...result, epoch: 1 }],
    ['of a result at the same place', result, { ...result, sequence: 7 + 16 }],
    ['of another time', result, { ...result, timestamp: 2 }],
    ['over other results', result, { ...result, resultsRoot: b }],
    ['over another state', result, { ...result, stateDigest: b }],
  ])('say what they say, not what a vote %s said', (_, before, vote) => {
    // Whichever of them was the last one before.
    for (const said of [before, vote]) expect(encodeVote(said)).toEqual(encodeStatement(said));
  });
});

describe('the first vote that a process signs', () => {
  let processes = 0;

  it('is encoded like all others', async () => {
    // Loaded anew, as in a process of its own.
    const path = `../../src/pbft/statement-codec.ts?process=${processes++}`;
    const fresh: typeof import('../../src/pbft/statement-codec.ts') = await import(path);
    expect(fresh.encodeVote(prepare)).toEqual(encodeStatement(prepare));
  });
});

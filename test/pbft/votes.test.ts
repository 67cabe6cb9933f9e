import { describe, expect, it } from 'vitest';
import type { Commit, Envelope } from '../../src/pbft/messages.ts';
import { VotesByReplica } from '../../src/pbft/votes.ts';

function commitBy(sender: number): Envelope<Commit> {
  const statement = { type: 'commit', view: 0, sequence: 1, headerDigest: 'ab' } as const;
  return { sender, payload: new Uint8Array(), signature: new Uint8Array(), statement };
}

describe('votes by replica', () => {
  it('counts one vote for each replica, however often it is set', () => {
    const votes = new VotesByReplica<Envelope<Commit>>(4);
    for (const sender of [2, 0, 2]) votes.set(sender, commitBy(sender));
    expect(votes.size).toBe(2);
    expect(votes.get(2)?.sender).toBe(2);
    expect(votes.get(1)).toBeUndefined();
  });

  it('gives them in order of replicas, not of arrival: certificates are written so', () => {
    const votes = new VotesByReplica<Envelope<Commit>>(4);
    for (const sender of [3, 0, 2]) votes.set(sender, commitBy(sender));
    expect(votes.keys()).toEqual([0, 2, 3]);
    expect(votes.values().map(({ sender }) => sender)).toEqual([0, 2, 3]);
  });

  it('is empty once cleared, for the votes of another view', () => {
    const votes = new VotesByReplica<Envelope<Commit>>(4);
    votes.set(1, commitBy(1));
    votes.clear();
    expect([votes.size, votes.get(1), votes.values()]).toEqual([0, undefined, []]);
  });

  it('has room for an index beyond those it was made for', () => {
    const votes = new VotesByReplica<Envelope<Commit>>(1);
    votes.set(5, commitBy(5));
    expect([votes.size, votes.length, votes.keys()]).toEqual([1, 6, [5]]);
  });
});

import { describe, expect, test } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import type { EpochChange } from '../../src/ledger/epoch-change.ts';
import { epochChainId, voteVerifier } from '../../src/pbft/envelope.ts';
import type { ResultStatement } from '../../src/pbft/messages.ts';
import { changeTo, signersOf } from './epochs.ts';

const clusterId = 'c1'.repeat(32);
const first = signersOf(1, 2, 3, 4);
const second = signersOf(5, 2, 3, 4);
const third = signersOf(5, 6, 3, 4);

function chain(...changes: readonly EpochChange[]): EpochChain {
  const publicKeys = first.map(({ publicKey }) => publicKey);
  const made = new EpochChain({ chainId: clusterId, epoch: 0, publicKeys }, (set) =>
    voteVerifier(ed25519, set),
  );
  for (const change of changes) expect(made.extend(change)).toBeNull();
  return made;
}

const one = changeTo(clusterId, 0, first, second);
const two = changeTo(clusterId, 1, second, third);

test('a chain leads from epoch to epoch, each under a chain id of its own', () => {
  const { current, changes } = chain(one, two);
  expect(current.validators).toEqual({
    chainId: epochChainId(clusterId, 2),
    epoch: 2,
    publicKeys: third.map(({ publicKey }) => publicKey),
  });
  expect(current.after).toBe(32);
  expect(changes).toEqual([one, two]);
});

const table: { what: string; why: string; change: EpochChange; reason: RegExp }[] = [
  { what: 'skips', why: 'nobody vouches for it yet', change: two, reason: /epoch 1, not 0/ },
  {
    what: 'too few certified',
    why: 'f+1 may all but one be liars',
    change: changeTo(clusterId, 0, first, second, { votes: 2 }),
    reason: /2 votes, 3 needed/,
  },
  {
    what: 'the next members certified themselves',
    why: 'only who is in an epoch ends it',
    change: changeTo(clusterId, 0, third, third),
    reason: /signature of replica 0/,
  },
  {
    what: 'another cluster certified',
    why: 'the same keys may serve two',
    change: changeTo('c2'.repeat(32), 0, first, second),
    reason: /signature of replica 0/,
  },
  {
    what: 'leads two epochs on',
    why: 'epochs follow one by one',
    change: changeTo(clusterId, 0, first, second, { nextEpoch: 2 }),
    reason: /epoch 2 after 0/,
  },
  {
    what: 'leads nowhere',
    why: 'every checkpoint of the epoch proves its own membership',
    change: changeTo(clusterId, 0, first, first, { nextEpoch: 0 }),
    reason: /epoch 0 after 0/,
  },
  {
    what: 'names others than the state',
    why: 'the members are what was certified',
    change: { ...one, membership: two.membership },
    reason: /not in the certified state/,
  },
];
test.each(table)('a change that $what is refused: $why', ({ change, reason }) => {
  const before = chain();
  expect(before.extend(change)).toMatch(reason);
  expect(before.changes).toEqual([]);
  expect(before.extend(one)).toBeNull();
});

describe('what members may speak of', () => {
  const statement = (epoch: number, sequence: number): ResultStatement => {
    return { ...one.certificate.statement, epoch, sequence };
  };
  test.each([
    [0, 16, null],
    [0, 17, 'ended with 16'],
    [1, 16, 'older than epoch 1'],
    [1, 17, null],
    [1, 33, 'ended with 32'],
    [2, 10_000, null],
    [3, 40, 'epoch 3, not 2'],
  ] as const)('epoch %i, sequence %i: %s', (epoch, sequence, reason) => {
    const found = chain(one, two).rejectSequence(statement(epoch, sequence));
    if (reason === null) expect(found).toBeNull();
    else expect(found).toContain(reason);
  });
});

import { describe, expect, test } from 'vitest';
import { proofContext } from '../../src/proofs/context.ts';
import type { ProofFailure } from '../../src/proofs/request.ts';
import {
  checkStakeAccount,
  checkStakeClaim,
  makeStake,
  nameMatches,
  type StakeAccount,
} from '../../src/proofs/stake.ts';
import { beacon, chainId, flip, startMs, subjectOf, testNode } from './fixtures.ts';

const node = testNode(1);
const other = testNode(2);
const context = proofContext({
  chainId,
  beacon,
  nodeId: node.nodeId,
  requestHash: 'aa'.repeat(32),
});

function reasons(failures: readonly ProofFailure[]): string[] {
  return failures.map(({ reason }) => reason);
}

describe('stake', () => {
  const good = makeStake(context, node.nodeId, 100);
  test.each([
    { rule: 'an honest claim', why: 'liveness', proof: good, expected: [] },
    {
      rule: 'the account of another',
      why: "nobody stakes another's units",
      proof: makeStake(context, other.nodeId, 100),
      expected: ['account of another node'],
    },
    {
      rule: 'less than the profile asks',
      why: 'something must be at risk',
      proof: makeStake(context, node.nodeId, 99),
      expected: ['stake too small'],
    },
    {
      rule: 'a claim made for another request',
      why: 'a claim serves once',
      proof: makeStake(flip(context, 0), node.nodeId, 100),
      expected: ['made for another request'],
    },
    {
      rule: 'an amount raised afterwards',
      why: 'the commitment covers the amount',
      proof: { ...good, amount: 101 },
      expected: ['made for another request'],
    },
  ])('$rule: $why', ({ proof, expected }) => {
    expect(reasons(checkStakeClaim(proof, node.nodeId, context, 100).failures)).toEqual(expected);
  });

  const subject = subjectOf(node);
  const requestedAtMs = startMs + 1000;
  const account: StakeAccount = {
    status: 'active',
    locked: 100,
    lockedSinceMs: requestedAtMs - 1,
    lockedUntilMs: subject.notAfterMs + 1,
    namePatterns: ['*.mesh'],
  };
  const states: {
    rule: string;
    why: string;
    account: StakeAccount | null;
    votes?: boolean;
    expected: string[];
  }[] = [
    { rule: 'enough, old, locked, allowed', why: 'liveness at every bound', account, expected: [] },
    { rule: 'no account', why: 'claims are nothing', account: null, expected: ['no such account'] },
    {
      rule: 'a slashed account',
      why: 'who was convicted has no standing',
      account: { ...account, status: 'slashed' },
      expected: ['account not active'],
    },
    {
      rule: 'less than claimed',
      why: 'the ledger knows better than the claimant',
      account: { ...account, locked: 99 },
      expected: ['claims more than is locked'],
    },
    {
      rule: 'stake as young as the request',
      why: 'nobody stakes for one request only',
      account: { ...account, lockedSinceMs: requestedAtMs },
      expected: ['stake younger than the request'],
    },
    {
      rule: 'a lock that ends with the certificate',
      why: 'the stake must outlive what it vouches for',
      account: { ...account, lockedUntilMs: subject.notAfterMs },
      expected: ['lock ends before the certificate'],
    },
    {
      rule: 'a voting replica',
      why: 'nobody judges itself',
      account,
      votes: true,
      expected: ['holder is a voting replica'],
    },
    {
      rule: 'a common name outside the patterns',
      why: 'an account speaks for its names only',
      account: { ...account, namePatterns: ['b.mesh', 'c.mesh'] },
      expected: ['name not allowed'],
    },
    {
      rule: 'one SAN outside the patterns',
      why: 'every name counts, the last too',
      account: { ...account, namePatterns: ['a.mesh', 'b.mesh'] },
      expected: ['name not allowed'],
    },
    {
      rule: 'everything wrong at once',
      why: 'one failure hides no other',
      account: {
        status: 'slashed',
        locked: 0,
        lockedSinceMs: requestedAtMs,
        lockedUntilMs: 0,
        namePatterns: [],
      },
      votes: true,
      expected: [
        'account not active',
        'claims more than is locked',
        'stake younger than the request',
        'lock ends before the certificate',
        'holder is a voting replica',
        'name not allowed',
      ],
    },
  ];
  test.each(states)('on the ledger, $rule: $why', ({ account: held, votes, expected }) => {
    const failures = checkStakeAccount(good, subject, requestedAtMs, held, votes ?? false);
    expect(reasons(failures)).toEqual(expected);
  });

  const long = (length: number) => 'x'.repeat(length);
  test.each([
    [[], 'no name', 'an account for no names says so'],
    [['b.mesh', 'c.mesh'], 'b.mesh c.mesh', 'each is named'],
    [[long(100)], long(100), 'as much as fits'],
    [[long(101)], `${long(97)}...`, 'and no more'],
  ])('a name that is not allowed meets what is: %j as %s: %s', (namePatterns, required, _why) => {
    const held = { ...account, namePatterns };
    const failures = checkStakeAccount(good, subject, requestedAtMs, held, false);
    expect(failures).toEqual([expect.objectContaining({ required })]);
  });

  test.each([
    ['a.mesh', '*', true, 'the star alone is every name'],
    ['a.mesh', 'a.mesh', true, 'a name is itself'],
    ['A.Mesh', 'a.mesh', true, 'DNS knows no letter case'],
    ['a.mesh', '*.mesh', true, 'below the suffix'],
    ['a.b.mesh', '*.mesh', true, 'at any depth'],
    ['mesh', '*.mesh', false, 'never the suffix itself'],
    ['.mesh', '*.mesh', false, 'an empty label is none'],
    ['amesh', '*.mesh', false, 'the dot counts'],
    ['a.mesh.evil', '*.mesh', false, 'a suffix is at the end'],
    ['a.mesh', 'b.mesh', false, 'another name'],
  ])('name %s under pattern %s is %s: %s', (name, pattern, matches, _why) => {
    expect(nameMatches(name, pattern)).toBe(matches);
  });
});

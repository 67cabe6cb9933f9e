import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { decodeOperation, type HolderOrder, orderOperation } from '../../src/ledger/operation.ts';
import { attestationContext } from '../../src/ledger/static-check.ts';
import { makePlot } from '../../src/proofs/plot.ts';
import { makeRegistration } from '../../src/proofs/registration.ts';
import { challengeOpenings, makeSpace } from '../../src/proofs/space.ts';
import { chainId, flip, startMs, testNode } from '../proofs/fixtures.ts';
import {
  beaconEpochMs,
  genesis,
  holders,
  newLedger,
  order,
  outcome,
  run,
  validate,
  validationOf,
  validatorSigners,
} from './fixtures.ts';

const [alice, bob] = holders as [(typeof holders)[0], (typeof holders)[0]];
const carol = testNode(3);
const lockEndMs = startMs + 10 * 86_400_000;
const windowMs = 3_600_000;

const deposit = (amount: number, to = bob.nodeId, namePatterns: string[] = []): HolderOrder => ({
  type: 'deposit',
  to,
  amount,
  namePatterns,
});
const lock = (amount: number, untilMs = lockEndMs): HolderOrder => ({
  type: 'lock',
  amount,
  untilMs,
});
const unlock = (amount: number): HolderOrder => ({ type: 'unlock', amount });

/** Σ (free + locked) + burned, over every account there may be. */
function total(ledger: Ledger): number {
  const keys = [
    alice.nodeId,
    bob.nodeId,
    carol.nodeId,
    ...validatorSigners.map((s) => s.publicKey),
  ];
  let sum = ledger.supply.burned;
  for (const key of keys) {
    const account = ledger.account(key);
    sum += (account?.free ?? 0) + (account?.locked ?? 0);
  }
  return sum;
}

describe('stake orders', () => {
  const late = lockEndMs + windowMs + 1;
  const table: {
    rule: string;
    why: string;
    order: HolderOrder;
    atMs?: number;
    expected: string;
  }[] = [
    { rule: 'a deposit', why: 'free units move', order: deposit(500), expected: 'accepted' },
    {
      rule: 'a deposit of more than is free',
      why: 'stake does not move',
      order: deposit(501),
      expected: '501 units wanted, 500 free',
    },
    {
      rule: 'a deposit of nothing',
      why: 'accounts are not free of charge',
      order: deposit(0),
      expected: 'amount: 1 or more',
    },
    {
      rule: 'a deposit to oneself',
      why: 'units must not be written twice',
      order: deposit(1, alice.nodeId),
      expected: 'deposit to oneself',
    },
    {
      rule: 'a new account with names of the giver',
      why: 'names are passed on, never invented',
      order: deposit(1, carol.nodeId, ['*.c.mesh', 'c.mesh']),
      expected: 'accepted',
    },
    {
      rule: 'a new account with names of nobody',
      why: 'names are passed on, never invented',
      order: deposit(1, carol.nodeId, ['c.mesh', 'c.evil']),
      expected: "namePatterns: c.evil is not the giver's to give",
    },
    {
      rule: 'a new account with every name',
      why: 'a suffix does not cover the star',
      order: deposit(1, carol.nodeId, ['*']),
      expected: "namePatterns: * is not the giver's to give",
    },
    {
      rule: 'new names for an existing account',
      why: 'only its opening names it',
      order: deposit(1, bob.nodeId, ['c.mesh']),
      expected: 'namePatterns: the account exists',
    },
    { rule: 'a lock', why: 'free units become stake', order: lock(500), expected: 'accepted' },
    {
      rule: 'a lock of more than is free',
      why: 'stake must exist',
      order: lock(501),
      expected: '501 units wanted, 500 free',
    },
    {
      rule: 'a lock that ends earlier',
      why: 'nobody shortens its own lock',
      order: lock(1, lockEndMs - 1),
      expected: `untilMs: not before ${lockEndMs}`,
    },
    {
      rule: 'a lock into the past',
      why: 'it would not lock',
      order: lock(1, startMs),
      expected: 'untilMs: in the future',
    },
    {
      rule: 'an unlock while locked',
      why: 'a lock is a lock',
      order: unlock(1),
      expected: `locked until the evidence window ends at ${lockEndMs + windowMs}`,
    },
    {
      rule: 'an unlock in the evidence window',
      why: 'evidence takes its time',
      order: unlock(1),
      atMs: lockEndMs + windowMs,
      expected: `locked until the evidence window ends at ${lockEndMs + windowMs}`,
    },
    {
      rule: 'an unlock after it',
      why: 'then it is free',
      order: unlock(1_000),
      atMs: late,
      expected: 'accepted',
    },
    {
      rule: 'an unlock of more than is locked',
      why: 'units do not grow',
      order: unlock(1_001),
      atMs: late,
      expected: '1001 units wanted, 1000 locked',
    },
  ];
  test.each(table)('$rule: $why', ({ order: what, atMs, expected }) => {
    const ledger = newLedger();
    const before = total(ledger);
    expect(outcome(run(ledger, order(1, what), atMs ?? startMs))).toBe(expected);
    expect(total(ledger)).toBe(before);
    expect(ledger.supply.supply).toBe(before);
  });

  test('units are conserved over any sequence of orders', () => {
    const orders = fc.oneof(
      fc.nat(600).map((amount) => deposit(amount)),
      fc.nat(600).map((amount) => deposit(amount, carol.nodeId)),
      fc.nat(600).map((amount) => lock(amount)),
      fc.nat(2000).map((amount) => unlock(amount)),
    );
    const steps = fc.array(fc.tuple(fc.nat(1), orders, fc.nat(lockEndMs - startMs)), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, (drawn) => {
        const ledger = newLedger();
        let atMs = startMs;
        drawn.forEach(([index, what, forwardMs], i) => {
          atMs += forwardMs;
          run(ledger, order(i + 1, what, index), atMs);
          expect(total(ledger)).toBe(ledger.supply.supply);
        });
      }),
      { seed: 31, numRuns: 40 },
    );
  });

  test('a fresh lock makes the stake too young for a request made before it', () => {
    const ledger = newLedger();
    ledger.execute(1, startMs + 10, []);
    const before = validate(ledger, 'one', 2);
    run(ledger, order(1, lock(1)));
    const result = validationOf(run(ledger, before));
    expect(result.failures.map(({ reason }) => reason)).toEqual(['stake younger than the request']);
  });
});

describe('an order authorises itself', () => {
  test('only under the signature of the account holder', () => {
    const ledger = newLedger();
    const good = order(1, deposit(5));
    for (let at = 0; at < good.length; at++) {
      const bent = flip(good, at, at % 8);
      const result = outcome(run(ledger, bent));
      expect(result, `byte ${at}`).not.toBe('accepted');
      if (decodeOperation(bent).ok) expect(result).toBe('not signed by the account holder');
    }
    expect(ledger.account(alice.nodeId)?.free).toBe(500);
    expect(outcome(run(ledger, good))).toBe('accepted');
  });

  test('only on its own chain', () => {
    const elsewhere = orderOperation('c2'.repeat(32), alice.signer, 1, deposit(5));
    expect(outcome(run(newLedger(), elsewhere))).toBe('not signed by the account holder');
  });

  test('only with an account', () => {
    const ledger = newLedger();
    const before = ledger.stateDigest;
    const stranger = orderOperation(chainId, carol.signer, 1, deposit(5));
    expect(outcome(run(ledger, stranger))).toBe('no such account');
    expect(ledger.stateDigest).toBe(before);
  });

  test('only once: again it gets the first answer, and its number serves nothing else', () => {
    const ledger = newLedger();
    const good = order(1, deposit(5));
    const first = ledger.execute(1, startMs + 1, [good]).results;
    expect(ledger.execute(2, startMs + 2, [good]).results).toEqual(first);
    expect(ledger.account(alice.nodeId)?.free).toBe(495);
    expect(outcome(run(ledger, order(1, deposit(6))))).toBe('sequence used before');
    expect(outcome(run(ledger, order(0, deposit(6))))).toBe('sequence: 1 or more');
  });

  test('also after its answer is forgotten', () => {
    const ledger = newLedger();
    const good = order(1, deposit(5));
    run(ledger, good, startMs + 1);
    ledger.execute(90, startMs + 10_000_000, []);
    expect(outcome(run(ledger, good))).toBe('sequence used before');
    expect(ledger.account(alice.nodeId)?.free).toBe(495);
  });
});

describe('a plot order', () => {
  const register = (ledger: Ledger, sequence: number, beacon = ledger.beacon, labels = 2048) => {
    const context = { chainId, beacon, nodeId: alice.nodeId };
    const registration = makeRegistration(context, labels, 16);
    return order(sequence, { type: 'registerPlot', beacon, registration });
  };

  test('registers a plot, which stands for the node from then on', () => {
    const ledger = newLedger();
    const plot = makePlot(alice.nodeId, 2048, 16);
    const result = run(ledger, register(ledger, 1));
    expect(result).toMatchObject({ type: 'registered', root: plot.root });
    expect(ledger.plot(alice.nodeId)).toMatchObject({ labels: 2048, scaleFactor: 16 });
    expect(validationOf(run(ledger, validate(ledger, 'new', 2, { plot }))).status).toBe('valid');
    const old = validationOf(run(ledger, validate(ledger, 'old', 3)));
    expect(old.failures.map(({ proof }) => proof)).toEqual(['space', 'space']);
  });

  test('registers nothing with a beacon that is gone, or with openings that do not hold', () => {
    const ledger = newLedger();
    const early = register(ledger, 1);
    ledger.execute(1, startMs + beaconEpochMs, []);
    ledger.execute(2, startMs + 2 * beaconEpochMs, []);
    expect(outcome(run(ledger, early))).toContain('is not current');
    const { beacon } = ledger;
    const theirs = { chainId, beacon, nodeId: bob.nodeId };
    const registration = makeRegistration(theirs, 1024, 32);
    const stolen = order(2, { type: 'registerPlot', beacon, registration });
    expect(outcome(run(ledger, stolen))).toContain('do not lead to its root');
    expect(ledger.plot(alice.nodeId)?.root).toBe(alice.plot.root);
  });

  test('attests the registered plot in the epoch of its beacon, and no other plot', () => {
    const ledger = newLedger({ attestationEpochs: 1 });
    ledger.execute(1, startMs + 3 * beaconEpochMs, []);
    const { beacon } = ledger;
    const attest = (sequence: number, plot: typeof alice.plot) => {
      const context = attestationContext(chainId, beacon, alice.nodeId, plot.root);
      const openings = makeSpace(plot, context, challengeOpenings);
      return order(sequence, { type: 'attestPlot', beacon, openings });
    };
    expect(outcome(run(ledger, attest(1, makePlot(alice.nodeId, 128))))).toBe(
      'not the registered plot',
    );
    const holey = { ...alice.plot, row: new Uint8Array(alice.plot.row.length) };
    expect(outcome(run(ledger, attest(2, holey)))).toBe('openings do not lead to the root');
    const tiny = { ...makeSpace(alice.plot, new Uint8Array(32), challengeOpenings), labels: 64 };
    const smaller = order(9, { type: 'attestPlot', beacon, openings: tiny });
    expect(outcome(run(ledger, smaller))).toBe('openings do not lead to the root');
    expect(outcome(run(ledger, attest(3, alice.plot)))).toBe('accepted');
    expect(ledger.plot(alice.nodeId)?.attestedEpoch).toBe(beacon.epoch);
    expect(validationOf(run(ledger, validate(ledger, 'one', 4))).status).toBe('valid');
  });

  test('of a full 1 MiB plot fits into one operation', () => {
    const ledger = newLedger();
    const operation = register(ledger, 1, ledger.beacon, 32_768);
    expect(operation.length).toBeLessThan(128 * 1024);
    expect(outcome(run(ledger, operation))).toBe('registered');
  });
});

test('the fixtures name two holders and a validator with stake', () => {
  expect(genesis.accounts).toHaveLength(3);
  expect(total(newLedger())).toBe(2 * 1_500 + 700);
});

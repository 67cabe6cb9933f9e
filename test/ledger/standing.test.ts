import { describe, expect, test } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { isolateOperation, readmitBytes, readmitOperation } from '../../src/ledger/operation.ts';
import type { CheckEvidence } from '../../src/ledger/standing.ts';
import { chainId, startMs } from '../proofs/fixtures.ts';
import { genesis, newLedger, outcome, run, validatorSigners } from './fixtures.ts';

/** Evidence of these tests: the byte 1, the convicted replica, a salt, and what it lied about. */
const checkEvidence: CheckEvidence = (evidence) =>
  evidence[0] === 1
    ? { replica: evidence[1] as number, type: 'conflictingCommit', sequence: evidence[3] ?? 0 }
    : null;
const against = (replica: number, salt = 0, sequence = 0) =>
  isolateOperation(Uint8Array.of(1, replica, salt, sequence));
const validatorKey = genesis.validators[0] as Uint8Array;

function isolatedLedger(): { ledger: Ledger; isolatedAt: number } {
  const ledger = newLedger({}, { checkEvidence });
  ledger.execute(17, startMs + 5, [against(0)]);
  return { ledger, isolatedAt: 17 };
}

function readmission(
  voters: readonly number[],
  isolatedAt: number,
  replica = 0,
  signedFor = isolatedAt,
) {
  const bytes = readmitBytes(chainId, replica, signedFor);
  const votes = voters.map((voter) => ({
    replica: voter,
    signature: validatorSigners[voter]?.sign(bytes) as Uint8Array,
  }));
  return readmitOperation(replica, isolatedAt, votes);
}

describe('isolation', () => {
  test('follows evidence, and burns the stake of the convicted by the same decision', () => {
    const { ledger } = isolatedLedger();
    expect(ledger.isolated).toEqual([0]);
    expect(ledger.standing(0)).toEqual({
      status: 'isolated',
      sequence: 17,
      sinceMs: startMs + 5,
      evidenceType: 'conflictingCommit',
    });
    expect(ledger.account(validatorKey)).toMatchObject({ status: 'slashed', locked: 0 });
    expect(ledger.supply.burned).toBe(700);
  });

  const table: { rule: string; why: string; operation: Uint8Array; expected: string }[] = [
    {
      rule: 'evidence that proves nothing',
      why: 'nobody is accused wrongly',
      operation: isolateOperation(Uint8Array.of(2, 1)),
      expected: 'the evidence proves nothing',
    },
    {
      rule: 'evidence against nobody',
      why: 'only validators stand',
      operation: against(4),
      expected: 'no replica 4',
    },
    {
      rule: 'other evidence against the same',
      why: 'one isolation is enough',
      operation: against(0, 1),
      expected: 'replica 0 is isolated already',
    },
    {
      rule: 'evidence against one more than f',
      why: 'a quorum must remain',
      operation: against(1),
      expected: '1 of 4 are isolated already',
    },
  ];
  test.each(table)('$rule changes nothing: $why', ({ operation, expected }) => {
    const { ledger } = isolatedLedger();
    const before = ledger.stateDigest;
    expect(outcome(run(ledger, operation))).toBe(expected);
    expect(ledger.stateDigest).toBe(before);
  });

  test('the same evidence again gets the first answer', () => {
    const { ledger } = isolatedLedger();
    expect(outcome(run(ledger, against(0)))).toBe('accepted');
    expect(ledger.supply.burned).toBe(700);
  });

  test('without a checker no evidence convicts', () => {
    expect(outcome(run(newLedger(), against(0)))).toBe('the evidence proves nothing');
  });
});

describe('readmission', () => {
  test('takes a quorum of the others', () => {
    const { ledger, isolatedAt } = isolatedLedger();
    expect(outcome(run(ledger, readmission([1, 2, 3], isolatedAt)))).toBe('accepted');
    expect(ledger.isolated).toEqual([]);
    expect(ledger.standing(0)?.status).toBe('readmitted');
    expect(ledger.supply.burned).toBe(700);
  });

  const table: { rule: string; why: string; operation: Uint8Array; expected: string }[] = [
    {
      rule: 'two votes of four',
      why: 'a quorum decides',
      operation: readmission([1, 2], 17),
      expected: '2 valid votes, 3 wanted',
    },
    {
      rule: 'the vote of the isolated',
      why: 'it has no say in it',
      operation: readmission([0, 1, 2], 17),
      expected: '2 valid votes, 3 wanted',
    },
    {
      rule: 'one vote three times',
      why: 'voters are counted, not votes',
      operation: readmission([1, 1, 1], 17),
      expected: '1 valid votes, 3 wanted',
    },
    {
      rule: 'votes for another isolation',
      why: 'an old pardon is spent',
      operation: readmission([1, 2, 3], 17, 0, 16),
      expected: '0 valid votes, 3 wanted',
    },
    {
      rule: 'a pardon for another isolation',
      why: 'an old pardon is spent',
      operation: readmission([1, 2, 3], 16),
      expected: 'isolated at 17',
    },
    {
      rule: 'a pardon for the innocent',
      why: 'there is nothing to end',
      operation: readmission([1, 2, 3], 17, 2),
      expected: 'replica 2 is not isolated',
    },
  ];
  test.each(table)('not with $rule: $why', ({ operation, expected }) => {
    const { ledger } = isolatedLedger();
    const before = ledger.stateDigest;
    expect(outcome(run(ledger, operation))).toBe(expected);
    expect(ledger.stateDigest).toBe(before);
  });

  test('forgives what was lied about before it, and nothing that comes after', () => {
    const { ledger } = isolatedLedger();
    ledger.execute(40, 0, [readmission([1, 2, 3], 17)]);
    expect(ledger.standing(0)).toMatchObject({ status: 'readmitted', sequence: 40 });
    expect(outcome(run(ledger, against(0, 1, 40)))).toBe('replica 0 was readmitted after that');
    expect(ledger.isolated).toEqual([]);
    expect(outcome(run(ledger, against(0, 1, 41)))).toBe('accepted');
    expect(ledger.isolated).toEqual([0]);
  });

  test('checks one signature of each member, so that votes by the hundred cost nothing', () => {
    const counted = { verified: 0 };
    const scheme = {
      ...ed25519,
      verify: (...said: Parameters<typeof ed25519.verify>) => {
        counted.verified += 1;
        return ed25519.verify(...said);
      },
    };
    const ledger = newLedger({}, { checkEvidence, scheme });
    ledger.execute(17, startMs + 5, [against(0)]);
    const forged = { replica: 1, signature: new Uint8Array(64) };
    const votes = new Array<typeof forged>(200).fill(forged);
    expect(outcome(run(ledger, readmitOperation(0, 17, votes)))).toBe('0 valid votes, 3 wanted');
    expect(counted.verified).toBe(1);
  });

  test('makes room for another isolation', () => {
    const { ledger, isolatedAt } = isolatedLedger();
    run(ledger, readmission([1, 2, 3], isolatedAt));
    expect(outcome(run(ledger, against(1)))).toBe('accepted');
    expect(ledger.isolated).toEqual([1]);
  });
});

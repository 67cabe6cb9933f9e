import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { decodeMembership, encodeMembership } from '../../src/ledger/membership.ts';
import { isolateOperation, readmitBytes, readmitOperation } from '../../src/ledger/operation.ts';
import type { CheckEvidence } from '../../src/ledger/standing.ts';
import { stateKeys } from '../../src/ledger/state.ts';
import { chainId } from '../proofs/fixtures.ts';
import { signersOf } from './epochs.ts';
import { genesis, newLedger, validatorSigners } from './fixtures.ts';

/** Evidence of these tests: the byte 1 and the convicted replica. */
const checkEvidence: CheckEvidence = (evidence) =>
  evidence[0] === 1
    ? { replica: evidence[1] as number, type: 'conflictingCommit', sequence: 1 }
    : null;
const against = (replica: number) => isolateOperation(Uint8Array.of(1, replica));
const standbys = signersOf(201, 202).map(({ publicKey }) => publicKey);
const [own0, own1, own2, own3] = genesis.validators as Uint8Array[];

function ledgerWith(count: number, checkpointInterval = 4, logWindow = 8): Ledger {
  const succession = { standbys: standbys.slice(0, count), checkpointInterval, logWindow };
  return newLedger({ succession }, { checkEvidence });
}

/** Runs empty batches from `from` up to `to`, both included. */
function idle(ledger: Ledger, from: number, to: number): void {
  for (let sequence = from; sequence <= to; sequence++) ledger.execute(sequence, 0, []);
}

/** Names of keys, to compare rosters by eye. */
function named(keys: readonly Uint8Array[]): string[] {
  const all = [...genesis.validators, ...standbys];
  return keys.map((key) => `p${all.findIndex((other) => equalBytes(other, key))}`);
}

describe('a change of membership', () => {
  test.each([
    [1, 12, 'a window past 1 is 9, and 12 the first checkpoint from there'],
    [4, 12, 'decided at a checkpoint, exactly a window on'],
    [5, 16, 'one past it: the next checkpoint'],
    [8, 16, 'the same'],
  ])('decided at %i is in force above %i: %s', (decidedAt, after) => {
    const ledger = ledgerWith(1);
    idle(ledger, 1, decidedAt - 1);
    ledger.execute(decidedAt, 0, [against(2)]);
    expect(ledger.membership.next?.after).toBe(after);
    idle(ledger, decidedAt + 1, after - 1);
    expect(ledger.membership).toMatchObject({ epoch: 0 });
    expect(named(ledger.membership.members)).toEqual(['p0', 'p1', 'p2', 'p3']);
    idle(ledger, after, after);
    expect(ledger.membership).toMatchObject({ epoch: 1, next: null, standbys: [] });
    expect(named(ledger.membership.members)).toEqual(['p0', 'p1', 'p4', 'p3']);
    expect(named(ledger.membership.expelled)).toEqual(['p2']);
  });

  test('gives the promoted a clean name, and lets f more be isolated', () => {
    const ledger = ledgerWith(2);
    ledger.execute(1, 0, [against(2)]);
    ledger.execute(2, 0, [against(3)]);
    expect(ledger.isolated).toEqual([2]); // never more than f at a time
    idle(ledger, 3, 12);
    expect(ledger.isolated).toEqual([]);
    expect(ledger.standing(2)).toBeNull();
    ledger.execute(13, 0, [against(3)]);
    expect(ledger.isolated).toEqual([3]);
    expect(named(ledger.membership.next?.members ?? [])).toEqual(['p0', 'p1', 'p4', 'p5']);
    idle(ledger, 14, 24);
    expect(named(ledger.membership.expelled)).toEqual(['p2', 'p3']);
  });

  test('without a standby left there is none', () => {
    const ledger = ledgerWith(0);
    ledger.execute(1, 0, [against(2)]);
    expect(ledger.membership.next).toBeNull();
    idle(ledger, 2, 40);
    expect(ledger.membership.epoch).toBe(0);
    expect(ledger.isolated).toEqual([2]);
  });

  test('goes on for one who was readmitted too late, but leaves its name', () => {
    const ledger = ledgerWith(1);
    ledger.execute(1, 0, [against(2)]);
    const bytes = readmitBytes(chainId, 2, 1);
    const votes = [0, 1, 3].map((replica) => {
      return { replica, signature: validatorSigners[replica]?.sign(bytes) as Uint8Array };
    });
    ledger.execute(2, 0, [readmitOperation(2, 1, votes)]);
    expect(ledger.isolated).toEqual([]);
    idle(ledger, 3, 12);
    expect(named(ledger.membership.members)).toEqual(['p0', 'p1', 'p4', 'p3']);
    expect(ledger.membership.expelled).toEqual([]);
  });

  test('is in the state: it survives a transfer, and is proved to outsiders', () => {
    const ledger = ledgerWith(2);
    ledger.execute(1, 0, [against(2)]);
    const before = ledger.stateDigest;
    idle(ledger, 2, 12);
    expect(ledger.stateDigest).not.toBe(before);
    const proof = ledger.prove(stateKeys.membership);
    expect(decodeMembership(proof?.value as Uint8Array)).toEqual(ledger.membership);
  });
});

test('a membership reads back as it was written, with and without a change ahead', () => {
  const rosters = { members: [own0, own1], standbys: [own2] } as {
    members: Uint8Array[];
    standbys: Uint8Array[];
  };
  for (const next of [null, { after: 64, ...rosters }]) {
    const membership = { epoch: 7, ...rosters, expelled: [own3 as Uint8Array], next };
    expect(decodeMembership(encodeMembership(membership))).toEqual(membership);
  }
});

test.each([
  ['a standby who votes', [own1]],
  ['a standby twice', [standbys[0], standbys[0]]],
])('a genesis with %s cannot be', (_what, keys) => {
  const succession = { standbys: keys as Uint8Array[], checkpointInterval: 4, logWindow: 8 };
  expect(() => newLedger({ succession })).toThrow(/one key/);
});

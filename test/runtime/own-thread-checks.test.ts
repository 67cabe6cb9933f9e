import { expect, it } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { checkOperation, type StaticVerdict } from '../../src/ledger/static-check.ts';
import { OwnThreadChecks } from '../../src/runtime/own-thread-checks.ts';
import { genesis, newLedger, validate } from '../ledger/fixtures.ts';
import { flip } from '../proofs/fixtures.ts';

const { chainId, requirements } = genesis;
const environment = { chainId, requirements, scheme: ed25519 };
const ledger = newLedger();
const valid = validate(ledger, 'r', 1);

const turn = () => new Promise((resolve) => setImmediate(resolve));
const never = (): void => expect.unreachable('an answer nobody may give');
const unknown = () => false;

it('gives the verdicts execution would find, in order, not before the turn is over', async () => {
  const checks = new OwnThreadChecks({ environment });
  const operations = [valid, flip(valid, valid.length - 1), new Uint8Array([99])];
  const verdicts: (StaticVerdict | null)[] = [];
  for (const operation of operations) {
    expect(checks.check(operation, (verdict) => verdicts.push(verdict), unknown)).toBe(true);
  }
  expect(verdicts).toEqual([]);
  await turn();
  await turn();
  expect(verdicts).toEqual(operations.map((operation) => checkOperation(operation, environment)));
});

it('lets the links have their turn between a few and the next few', async () => {
  const checks = new OwnThreadChecks({ environment });
  let answered = 0;
  const count = (): void => {
    answered++;
  };
  for (let i = 0; i < 50; i++) checks.check(new Uint8Array([99, i]), count, unknown);
  const seen: number[] = [];
  while (answered < 50) {
    await turn();
    seen.push(answered);
  }
  expect(seen.length).toBeGreaterThan(5);
  // What came while it was at work is checked as well.
  checks.check(new Uint8Array([99]), count, unknown);
  await turn();
  await turn();
  expect(answered).toBe(51);
});

it('refuses what does not fit, by number and by bytes, until there is room again', async () => {
  const many = new OwnThreadChecks({ environment });
  const small = new Uint8Array([99]);
  for (let i = 0; i < 8192; i++) expect(many.check(small, () => undefined, unknown)).toBe(true);
  expect(many.check(small, never, unknown)).toBe(false);
  await turn();
  await turn();
  expect(many.check(small, () => undefined, unknown)).toBe(true);
  many.stop();

  const large = new OwnThreadChecks({ environment });
  const half = new Uint8Array(16 * 1024 * 1024).fill(99);
  expect(large.check(half, () => undefined, unknown)).toBe(true);
  expect(large.check(half, () => undefined, unknown)).toBe(true);
  expect(large.check(small, never, unknown)).toBe(false);
  await turn();
  await turn();
  expect(large.check(small, () => undefined, unknown)).toBe(true);
  large.stop();
});

it('checks nothing whose verdict was found meanwhile, and says so at once', async () => {
  const verified: Uint8Array[] = [];
  const scheme: typeof ed25519 = {
    ...ed25519,
    verify: (key, bytes, signature) => {
      verified.push(bytes);
      return ed25519.verify(key, bytes, signature);
    },
  };
  const checks = new OwnThreadChecks({ environment: { ...environment, scheme } });
  const verdicts: (StaticVerdict | null)[] = [];
  const keep = (verdict: StaticVerdict | null) => verdicts.push(verdict);
  // More than one turn takes: what is only passed over costs no other its place.
  for (let i = 0; i < 20; i++) checks.check(valid, keep, () => true);
  checks.check(valid, keep, unknown);
  await turn();
  await turn();
  expect(verdicts).toEqual([...Array(20).fill(null), checkOperation(valid, environment)]);
  expect(verified.length).toBe(1);
});

it('answers nothing once it is stopped, even from within an answer', async () => {
  const checks = new OwnThreadChecks({ environment });
  let answers = 0;
  const stopAtFirst = (): void => {
    answers++;
    checks.stop();
  };
  checks.check(valid, stopAtFirst, unknown);
  checks.check(valid, never, unknown);
  await turn();
  await turn();
  expect(answers).toBe(1);
  expect(checks.check(valid, never, unknown)).toBe(false);
});

import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/ledger/ledger.ts';
import { type Load, type LoadPolicy, nextLoad } from '../../src/ledger/load.ts';
import { snapshotChunks } from '../../src/ledger/snapshot.ts';
import { requirements, startMs } from '../proofs/fixtures.ts';
import {
  beaconEpochMs,
  genesis,
  newLedger,
  options,
  order,
  run,
  validate,
  validationOf,
} from './fixtures.ts';

const policy: LoadPolicy = { validationsPerEpoch: 10, maxExtraBits: 3 };
const load: Load = { counted: 0, extraBits: 1, previousExtraBits: 0 };

describe('the price of a request in the next epoch', () => {
  it.each([
    { counted: 11, epochs: 1, extraBits: 1, next: 2, why: 'more than the cluster is made for' },
    { counted: 10, epochs: 1, extraBits: 1, next: 1, why: 'as many as it is made for' },
    { counted: 5, epochs: 1, extraBits: 1, next: 1, why: 'half: a price that fell would swing' },
    { counted: 4, epochs: 1, extraBits: 1, next: 0, why: 'less than half' },
    { counted: 0, epochs: 1, extraBits: 0, next: 0, why: 'never below the profile' },
    { counted: 99, epochs: 1, extraBits: 3, next: 3, why: 'never beyond what genesis allows' },
    { counted: 11, epochs: 3, extraBits: 2, next: 1, why: 'two empty epochs count as such' },
    { counted: 11, epochs: 1000, extraBits: 3, next: 0, why: 'a long silence ends at the profile' },
  ])('$extraBits bits and $counted requests in $epochs epochs make $next: $why', (row) => {
    const { counted, epochs, extraBits, next } = row;
    expect(nextLoad({ ...load, counted, extraBits }, policy, epochs)).toEqual({
      counted: 0,
      extraBits: next,
      previousExtraBits: extraBits,
    });
  });
});

/** A ledger that is made for two requests an epoch, in an epoch in which there were three. */
function busyLedger() {
  const ledger = newLedger({ load: { validationsPerEpoch: 2, maxExtraBits: 4 } });
  const before = { beacon: ledger.beacon };
  for (let i = 1; i <= 3; i++) run(ledger, validate(ledger, `busy-${i}`, i));
  return { ledger, before };
}

const bits = (minimumComputeBits: number) => ({ ...requirements, minimumComputeBits });
const nextEpochMs = startMs + beaconEpochMs;
/** Work that meets the profile and would not meet one bit more. */
const justEnough = (ledger: Ledger, id: string, sequence: number) => {
  for (let i = 0; ; i++) {
    const operation = validate(ledger, `${id}-${i}`, sequence, { timestamp: nextEpochMs });
    const probe = Ledger.restore(
      { ...genesis, load: { validationsPerEpoch: 2, maxExtraBits: 4 } },
      options,
      snapshotChunks(ledger.snapshot()),
      ledger.stateDigest,
    ) as Ledger;
    const result = validationOf(run(probe, operation));
    if (result.measured.work.measured === `${requirements.minimumComputeBits} bits`) {
      return operation;
    }
  }
};

describe('difficulty under load', () => {
  it('is the profile without a policy, however many requests come', () => {
    const ledger = newLedger();
    for (let i = 1; i <= 5; i++) run(ledger, validate(ledger, `r${i}`, i));
    ledger.execute(9, nextEpochMs, []);
    expect(ledger.computeBits).toBe(requirements.minimumComputeBits);
    expect(ledger.load.counted).toBe(0);
  });

  it('rises by a bit with the beacon after an epoch of many, and every answer says so', () => {
    const { ledger } = busyLedger();
    expect(ledger.computeBits).toBe(14);
    const nop = run(ledger, order(50, { type: 'unlock', amount: 0 }), nextEpochMs);
    expect(nop).toMatchObject({ computeBits: 15, beacon: ledger.beacon });
  });

  it('refuses a request made for the new beacon at the old price, with both numbers', () => {
    const { ledger } = busyLedger();
    ledger.execute(50, nextEpochMs, []);
    const refused = validationOf(run(ledger, justEnough(ledger, 'poor', 10)));
    expect(refused.failures).toEqual([
      { proof: 'work', reason: 'not enough work', measured: '14 bits', required: '15 bits' },
    ]);
    expect(refused.computeBits).toBe(15);
    const paid = validate(ledger, 'paid', 11, { requirements: bits(15), timestamp: nextEpochMs });
    expect(validationOf(run(ledger, paid))).toMatchObject({ status: 'valid' });
  });

  it('keeps its word to requests made for the beacon before', () => {
    const { ledger, before } = busyLedger();
    ledger.execute(50, nextEpochMs, []);
    const timestamp = nextEpochMs;
    const operation = validate(ledger, 'old', 10, { ...before, timestamp });
    const result = validationOf(run(ledger, operation));
    expect(result).toMatchObject({ status: 'valid', measured: { work: { required: '14 bits' } } });
  });

  it('counts what is found valid and nothing else', () => {
    const ledger = newLedger({ load: { validationsPerEpoch: 2, maxExtraBits: 4 } });
    const valid = validate(ledger, 'one', 1);
    run(ledger, valid);
    run(ledger, valid);
    run(ledger, validate(ledger, 'two', 1));
    run(ledger, validate(ledger, 'three', 2, { requirements: bits(0) }));
    run(ledger, order(3, { type: 'lock', amount: 1, untilMs: 2 * startMs }));
    expect(ledger.load.counted).toBe(1);
  });

  it('is state: restored with it, under the same digest', () => {
    const { ledger } = busyLedger();
    ledger.execute(50, nextEpochMs, []);
    const chunks = snapshotChunks(ledger.snapshot());
    const changed = { ...genesis, load: { validationsPerEpoch: 2, maxExtraBits: 4 } };
    const restored = Ledger.restore(changed, options, chunks, ledger.stateDigest);
    expect(restored?.computeBits).toBe(15);
    expect(Ledger.restore(genesis, options, chunks, ledger.stateDigest)).toBeNull();
  });

  it.each([
    [{ validationsPerEpoch: 0, maxExtraBits: 1 }, 'load of 0 validations'],
    [{ validationsPerEpoch: 1, maxExtraBits: 17 }, 'load of 17 extra bits'],
  ])('refuses the policy %j in a genesis', (bad, message) => {
    expect(() => newLedger({ load: bad })).toThrow(message);
  });
});

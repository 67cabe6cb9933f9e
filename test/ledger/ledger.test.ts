import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { leafHash, merkleRoot } from '../../src/base/merkle.ts';
import { decodeAccount } from '../../src/ledger/account.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { nopOperation, validateOperation } from '../../src/ledger/operation.ts';
import { stateKeys } from '../../src/ledger/state.ts';
import { verifyStatePath } from '../../src/ledger/state-tree.ts';
import { StaticCheckCache } from '../../src/ledger/static-check.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import { makePlot } from '../../src/proofs/plot.ts';
import type { RequestIngredients } from '../../src/proofs/proof-set.ts';
import {
  chainId,
  flip,
  requestOf,
  requirements,
  startMs,
  subjectOf,
  testNode,
} from '../proofs/fixtures.ts';
import {
  beaconEpochMs,
  failuresOf,
  genesis,
  holders,
  newLedger,
  options,
  outcome,
  resultOf,
  run,
  validate,
  validationOf,
  validatorSigners,
} from './fixtures.ts';

const node = holders[0] as (typeof holders)[0];

describe('a validation', () => {
  test('of an honest request is valid, and says what was asked and what was measured', () => {
    const ledger = newLedger();
    const operation = validate(ledger, 'one', 1);
    const result = validationOf(run(ledger, operation, startMs + 1000));
    expect(result).toMatchObject({
      status: 'valid',
      failures: [],
      requestId: 'one',
      operation: requestDigest(operation),
      tbsDigest: subjectOf(node).tbsDigest,
      decidedAtMs: startMs + 1000,
      beacon: ledger.beacon,
    });
    expect(result.measured).toMatchObject({
      space: { measured: '1048576 bytes', required: '1048576 bytes' },
      stake: { measured: '100 units', required: '100 units' },
      time: { measured: '-1000 ms', required: 'within 300000 ms' },
    });
    expect(result.measured.work.required).toBe('14 bits');
  });

  const stranger = testNode(9);
  const validator = validatorSigners[0] as (typeof validatorSigners)[0];
  const validatorPlot = makePlot(validator.publicKey, 1024, 32);
  const voter = { nodeId: validator.publicKey, signer: validator, plot: validatorPlot };
  const table: {
    rule: string;
    why: string;
    changes: (ledger: Ledger) => Partial<RequestIngredients>;
    expected: string[];
  }[] = [
    {
      rule: 'a timestamp past the offset',
      why: 'agreed time decides',
      changes: () => ({ timestamp: startMs - 300_001 }),
      expected: ['time: timestamp too old', 'stake: stake younger than the request'],
    },
    {
      rule: 'an invented beacon',
      why: 'only the ledger makes beacons',
      changes: ({ beacon }) => ({ beacon: { ...beacon, value: '00'.repeat(32) } }),
      expected: ['time: not the beacon of its epoch'],
    },
    {
      rule: 'a plot made for the occasion',
      why: 'the registered root counts',
      changes: () => ({ plot: makePlot(node.nodeId, 2048, 32) }),
      expected: ['space: not the registered plot', 'space: not the registered size'],
    },
    {
      rule: 'a name outside the account',
      why: 'names go with accounts',
      changes: () => ({ subject: subjectOf(node, { requestId: 'one', commonName: 'a.evil' }) }),
      expected: ['stake: name not allowed'],
    },
    {
      rule: 'a certificate that outlives the lock',
      why: 'stake must be there to be lost',
      changes: () => ({
        subject: subjectOf(node, { requestId: 'one', notAfterMs: startMs + 10 * 86_400_000 }),
      }),
      expected: ['stake: lock ends before the certificate'],
    },
    {
      rule: 'a key nobody knows',
      why: 'proofs alone give no standing',
      changes: () => ({
        subject: subjectOf(stranger),
        signer: stranger.signer,
        plot: stranger.plot,
      }),
      expected: ['stake: no such account', 'space: no plot is registered for this node'],
    },
    {
      rule: 'a voting replica',
      why: 'nobody judges itself',
      changes: () => ({ subject: subjectOf(voter), signer: validator, plot: validatorPlot }),
      expected: ['stake: holder is a voting replica', 'space: no plot is registered for this node'],
    },
    {
      rule: 'the signature of another key',
      why: 'the node answers for its request',
      changes: () => ({ signer: stranger.signer }),
      expected: ['signature: not signed by the node key'],
    },
    {
      rule: 'all four proofs broken',
      why: 'a refusal names them all, cheap ones first',
      changes: () => ({
        signer: stranger.signer,
        plot: stranger.plot,
        stakeAmount: 99,
        timestamp: startMs + 10 ** 9,
        requirements: { ...requirements, minimumComputeBits: 0 },
      }),
      expected: [
        'signature: not signed by the node key',
        'time: timestamp in the future',
        'work: not enough work',
        'stake: stake too small',
        'space: not the registered plot',
      ],
    },
  ];
  test.each(table)('refuses $rule: $why', ({ changes, expected }) => {
    const ledger = newLedger();
    const result = run(ledger, validate(ledger, 'one', 1, changes(ledger)), startMs);
    expect(failuresOf(result)).toEqual(expected);
    expect(validationOf(result).status).toBe('invalid');
  });

  test('accepts the previous beacon and not the one before', () => {
    const ledger = newLedger();
    const old = ledger.beacon;
    const first = validate(ledger, 'one', 1, { beacon: old });
    const second = validate(ledger, 'two', 2, { beacon: old });
    const nextMs = startMs + beaconEpochMs;
    expect(validationOf(run(ledger, first, nextMs)).status).toBe('valid');
    expect(failuresOf(run(ledger, second, nextMs + beaconEpochMs))).toEqual([
      'time: beacon not current',
    ]);
  });

  test('accepts the last beacon there was, however long nothing was decided', () => {
    const ledger = newLedger();
    const { beacon } = ledger;
    const nextMs = startMs + 20 * beaconEpochMs;
    const operation = validate(ledger, 'one', 1, { beacon, timestamp: nextMs });
    expect(validationOf(run(ledger, operation, nextMs)).status).toBe('valid');
  });

  test('asks for a recent full challenge where the genesis does', () => {
    const ledger = newLedger({ attestationEpochs: 2 });
    expect(validationOf(run(ledger, validate(ledger, 'one', 1))).status).toBe('valid');
    ledger.execute(50, startMs + 3 * beaconEpochMs, []);
    expect(failuresOf(run(ledger, validate(ledger, 'two', 2)))).toEqual([
      'space: full challenge overdue',
    ]);
  });
});

describe('a batch', () => {
  test('gives the Merkle root of its results, and the same on every replica', () => {
    const a = newLedger();
    const b = newLedger(
      {},
      { staticCheck: new StaticCheckCache({ ...options, chainId, requirements }).check },
    );
    const batch = [validate(a, 'one', 1), nopOperation(Uint8Array.of(1)), Uint8Array.of(200)];
    const first = a.execute(1, startMs + 7, batch);
    expect(b.execute(1, startMs + 7, batch)).toEqual(first);
    expect(first.resultsRoot).toBe(toHex(merkleRoot(first.results.map(leafHash))));
    expect(first.stateDigest).toBe(a.stateDigest);
    expect(first.timestamp).toBe(startMs + 7);
  });

  test('decides the same whether it comes as one batch or as many', () => {
    const one = newLedger();
    const many = newLedger();
    const batch = [1, 2, 3].map((i) => validate(one, `r${i}`, i));
    const together = one.execute(1, startMs + 1, batch).results;
    const apart = batch.map((bytes, i) => many.execute(i + 1, startMs + 1, [bytes]).results[0]);
    expect(apart).toEqual(together);
  });

  test('never moves time backwards, and without a time keeps the last', () => {
    const ledger = newLedger();
    expect(ledger.execute(1, startMs + 10, []).timestamp).toBe(startMs + 10);
    expect(ledger.execute(2, startMs + 5, []).timestamp).toBe(startMs + 10);
    expect(ledger.execute(3, 0, []).timestamp).toBe(startMs + 10);
  });

  test('that is empty and has no time changes nothing', () => {
    const ledger = newLedger();
    const before = ledger.stateDigest;
    expect(ledger.execute(1, 0, []).stateDigest).toBe(before);
  });

  test('answers bytes that are no operation with a refusal that names the place', () => {
    const ledger = newLedger();
    const good = validate(ledger, 'one', 1);
    const before = ledger.stateDigest;
    for (const [bytes, reason] of [
      [new Uint8Array(), 'kind: 1 bytes wanted, 0 left'],
      [Uint8Array.of(4), 'nodeId: 32 bytes wanted, 0 left'],
      [Uint8Array.of(0), 'kind: 0 is no operation'],
      [new Uint8Array(1024).fill(255), 'kind: 255 is no operation'],
      [good.subarray(0, good.length - 1), 'signature: 64 bytes wanted, 63 left'],
      [new Uint8Array([...good, 0]), '1 bytes too many'],
    ] as const) {
      expect(outcome(run(ledger, bytes))).toBe(reason);
    }
    expect(ledger.stateDigest).toBe(before);
  });

  test('no single changed byte of a valid request is still valid', () => {
    const ledger = newLedger();
    const good = validate(ledger, 'one', 1);
    const broken = [...good.keys()]
      .filter((at) => at % 7 === 0)
      .map((at) => flip(good, at, at % 8));
    for (const bytes of ledger.execute(1, 0, broken).results) {
      const result = resultOf(bytes);
      const refused = result.type === 'refused';
      expect(refused || validationOf(result).status === 'invalid').toBe(true);
    }
    expect(validationOf(run(ledger, good)).status).toBe('valid');
  });
});

describe('the beacon', () => {
  test('is renewed once per epoch of agreed time, from the state before the batch', () => {
    const ledger = newLedger();
    const first = ledger.beacon;
    expect(first.epoch).toBe(Math.floor(startMs / beaconEpochMs));
    const boundary = (first.epoch + 1) * beaconEpochMs;
    ledger.execute(1, boundary - 1, []);
    expect(ledger.beacon).toEqual(first);
    ledger.execute(2, boundary, []);
    expect(ledger.beacon.epoch).toBe(first.epoch + 1);
    expect(ledger.beacon.value).not.toBe(first.value);
    expect(ledger.previousBeacon).toEqual(first);
    const second = ledger.beacon;
    ledger.execute(3, boundary + 1, []);
    expect(ledger.beacon).toEqual(second);
  });

  test('depends on what was decided before', () => {
    const a = newLedger();
    const b = newLedger();
    run(b, validate(b, 'one', 1));
    a.execute(99, startMs + beaconEpochMs, []);
    b.execute(99, startMs + beaconEpochMs, []);
    expect(a.beacon.value).not.toBe(b.beacon.value);
  });

  test('comes with every answer', () => {
    const ledger = newLedger();
    const nop = run(ledger, nopOperation(Uint8Array.of(3)), startMs + beaconEpochMs);
    expect(nop).toMatchObject({ type: 'accepted', beacon: ledger.beacon });
    expect(run(ledger, Uint8Array.of(77))).toMatchObject({ beacon: ledger.beacon });
  });
});

describe('for outsiders', () => {
  test('an account has a path to the state digest, and a changed one has none', () => {
    const ledger = newLedger();
    const key = stateKeys.account(node.nodeId);
    const proof = ledger.prove(key);
    expect(proof).not.toBeNull();
    if (proof === null) return;
    expect(decodeAccount(proof.value)).toMatchObject({ locked: 1_000, free: 500 });
    const digest = ledger.stateDigest;
    expect(verifyStatePath(digest, key, proof.value, proof.path)).toBe(true);
    expect(verifyStatePath(digest, key, flip(proof.value, 16), proof.path)).toBe(false);
  });
});

describe('a genesis', () => {
  test('that differs in anything that counts gives another state', () => {
    const digest = newLedger().stateDigest;
    expect(newLedger().stateDigest).toBe(digest);
    expect(newLedger({ scaleNote: 'only words' }).stateDigest).toBe(digest);
    const [account, ...accounts] = genesis.accounts as [(typeof genesis.accounts)[0]];
    for (const change of [
      { chainId: 'c2'.repeat(32) },
      { requirements: { ...requirements, minimumStake: 101 } },
      { validators: genesis.validators.slice(1) },
      { accounts: [{ ...account, amount: 1_001 }, ...accounts] },
      { startMs: startMs + 1 },
      { evidenceWindowMs: 1 },
      { attestationEpochs: 1 },
    ]) {
      expect(newLedger(change).stateDigest, JSON.stringify(change)).not.toBe(digest);
    }
  });

  test('that cannot be is refused at once', () => {
    const twice = [...genesis.accounts, ...genesis.accounts];
    expect(() => newLedger({ accounts: twice })).toThrow('two accounts of one node');
    expect(() => newLedger({ beaconEpochMs: 0 })).toThrow('beaconEpochMs');
  });
});

describe('static checks', () => {
  test('run once per operation, however often and wherever it is executed', () => {
    const cache = new StaticCheckCache({ ...options, chainId, requirements });
    const a = newLedger({}, { staticCheck: cache.check });
    const b = newLedger({}, { staticCheck: cache.check });
    const operation = validateOperation(requestOf(node, { beacon: a.beacon, timestamp: startMs }));
    expect(validationOf(run(a, operation)).status).toBe('valid');
    expect(validationOf(run(b, operation)).status).toBe('valid');
    run(b, operation);
    expect({ hits: cache.hits, misses: cache.misses }).toEqual({ hits: 2, misses: 1 });
  });

  test('that are taken leave nothing behind but that they were made', () => {
    const cache = new StaticCheckCache({ ...options, chainId, requirements });
    const ledger = newLedger({}, { staticCheck: cache.take });
    const operation = validate(ledger, 'one', 1);
    cache.check(operation);
    expect(validationOf(run(ledger, operation)).status).toBe('valid');
    expect(cache.has(operation)).toBe(true);
    cache.keep(operation, cache.check(operation));
    cache.check(operation);
    expect({ hits: cache.hits, misses: cache.misses }).toEqual({ hits: 1, misses: 3 });
  });

  test('keep nothing that depends on state: a verdict from before serves after', () => {
    const cache = new StaticCheckCache({ ...options, chainId, requirements });
    const late = newLedger({}, { staticCheck: cache.check });
    const operation = validate(late, 'one', 1);
    cache.check(operation);
    late.execute(1, startMs + 9 * beaconEpochMs, []);
    expect(failuresOf(run(late, operation, startMs + 10 * beaconEpochMs))).toEqual([
      'time: timestamp too old',
      'time: beacon not current',
    ]);
  });

  test('are made anew, and take nobody a place, for what carries no proofs', () => {
    const cache = new StaticCheckCache({ ...options, chainId, requirements });
    for (const operation of [nopOperation(Uint8Array.of(1)), new Uint8Array([0, 1, 2])]) {
      expect(cache.check(operation)).toEqual(cache.check(operation));
      expect(cache.has(operation)).toBe(false);
    }
    expect({ hits: cache.hits, misses: cache.misses }).toEqual({ hits: 0, misses: 0 });
  });

  test('remember a bounded number of verdicts, the least used out first', () => {
    const cache = new StaticCheckCache({ ...options, chainId, requirements });
    const [kind] = validate(newLedger(), 'one', 1);
    const cut = (i: number) => Uint8Array.of(kind as number, i >> 8, i & 255);
    const kept = cut(0);
    for (let i = 0; i <= 8192; i++) {
      cache.check(cut(i));
      cache.check(kept);
    }
    // The first was used all along, so it was never forgotten and checked anew.
    expect(cache.misses).toBe(8193);
    expect(cache.has(kept)).toBe(true);
    expect(cache.has(cut(1))).toBe(false);
    // A share of the oldest goes at once, never most of them.
    expect(cache.has(cut(1000))).toBe(true);
    const held = () => Array.from({ length: 8193 }, (_, i) => cut(i)).filter((op) => cache.has(op));
    expect(held().length).toBeLessThanOrEqual(8192);
    for (let i = 0; i <= 8192; i++) cache.take(cut(i));
    expect(held().length).toBeLessThanOrEqual(8192);
  });
});

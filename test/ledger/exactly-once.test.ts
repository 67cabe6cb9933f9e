import { describe, expect, test } from 'vitest';
import { Ledger } from '../../src/ledger/ledger.ts';
import { nopOperation } from '../../src/ledger/operation.ts';
import { snapshotChunks } from '../../src/ledger/snapshot.ts';
import { stateKeys } from '../../src/ledger/state.ts';
import { requirements, startMs, subjectOf, testNode } from '../proofs/fixtures.ts';
import {
  failuresOf,
  genesis,
  holders,
  newLedger,
  options,
  run,
  validate,
  validationOf,
} from './fixtures.ts';

const node = holders[0] as (typeof holders)[0];

describe('exactly once', () => {
  test('the same operation again gets the first answer, later and in other company', () => {
    const ledger = newLedger();
    const operation = validate(ledger, 'one', 1);
    const [first] = ledger.execute(1, startMs + 1, [operation]).results;
    const again = ledger.execute(2, startMs + 2, [nopOperation(new Uint8Array()), operation]);
    expect(again.results[1]).toEqual(first);
    const twice = ledger.execute(3, startMs + 3, [operation, operation]);
    expect(twice.results).toEqual([first, first]);
  });

  test('the same id for another request is a replay, and the first answer stands', () => {
    const ledger = newLedger();
    const first = validate(ledger, 'one', 1);
    run(ledger, first);
    const changed = validate(ledger, 'one', 2, {
      subject: subjectOf(node, { requestId: 'one', commonName: 'z.mesh' }),
    });
    const refused = run(ledger, changed);
    expect(failuresOf(refused)).toEqual(['replay: request id used before for another request']);
    expect(validationOf(run(ledger, first)).status).toBe('valid');
    expect(run(ledger, changed)).toEqual(refused);
  });

  test('a used sequence under a new id is a replay, for this node only', () => {
    const ledger = newLedger();
    run(ledger, validate(ledger, 'one', 1));
    const replayed = run(ledger, validate(ledger, 'two', 1));
    expect(failuresOf(replayed)).toEqual(['replay: sequence used before']);
    const other = holders[1] as (typeof holders)[0];
    const theirs = { subject: subjectOf(other), signer: other.signer, plot: other.plot };
    expect(validationOf(run(ledger, validate(ledger, 'one', 1, theirs, 1))).status).toBe('valid');
  });

  test('a refused request uses up its sequence too', () => {
    const ledger = newLedger();
    const weak = { requirements: { ...requirements, minimumComputeBits: 0 } };
    run(ledger, validate(ledger, 'one', 1, weak));
    expect(failuresOf(run(ledger, validate(ledger, 'two', 1)))).toEqual([
      'replay: sequence used before',
    ]);
  });

  test('a forgery uses up nothing and changes no state', () => {
    const ledger = newLedger();
    const before = ledger.stateDigest;
    const forged = validate(ledger, 'one', 1, { signer: testNode(9).signer });
    expect(failuresOf(run(ledger, forged))).toEqual(['signature: not signed by the node key']);
    expect(ledger.stateDigest).toBe(before);
    expect(validationOf(run(ledger, validate(ledger, 'one', 1))).status).toBe('valid');
  });

  test('a request forgotten after its time is refused, and the state is as small as before', () => {
    const ledger = newLedger();
    const operation = validate(ledger, 'one', 1);
    run(ledger, operation, startMs + 1);
    const key = stateKeys.request(node.nodeId, 'one');
    expect(ledger.prove(key)).not.toBeNull();
    const kept = startMs + 1 + 2 * requirements.maxTimeOffsetMs + 60_000;
    ledger.execute(90, kept, []);
    expect(ledger.prove(key)).not.toBeNull();
    ledger.execute(91, kept + 1, []);
    expect(ledger.prove(key)).toBeNull();
    expect(ledger.prove(stateKeys.decisionRecord(0))).toBeNull();
    expect(failuresOf(run(ledger, operation))).toEqual([
      'time: timestamp too old',
      'replay: sequence used before',
    ]);
  });

  test('a replay is refused after restore from chunks, and the first answer is the same', () => {
    const ledger = newLedger();
    const first = validate(ledger, 'one', 1);
    const answer = ledger.execute(1, startMs + 5, [first]).results[0];
    const chunks = snapshotChunks(ledger.snapshot());
    const restored = Ledger.restore(genesis, options, chunks, ledger.stateDigest) as Ledger;
    expect(restored.execute(2, startMs + 6, [first]).results[0]).toEqual(answer);
    expect(failuresOf(run(restored, validate(restored, 'two', 1)))).toEqual([
      'replay: sequence used before',
    ]);
    expect(restored.timeMs).toBe(startMs + 6);
  });
});

import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import {
  decodeOperation,
  validateBatchOperation,
  validateOperation,
} from '../../src/ledger/operation.ts';
import { decisionsIn, maxResultBytes, type OperationResult } from '../../src/ledger/result.ts';
import { StaticCheckCache } from '../../src/ledger/static-check.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import { limits } from '../../src/proofs/limits.ts';
import { makeRequest, type RequestIngredients } from '../../src/proofs/proof-set.ts';
import { makeRequestBatch } from '../../src/proofs/request-batch.ts';
import {
  chainId,
  flip,
  ingredientsOf,
  requirements as profile,
  startMs,
  subjectOf,
  type TestNode,
} from '../proofs/fixtures.ts';
import { type genesis, holders, newLedger, options, run } from './fixtures.ts';

const requirements = { ...profile, minimumComputeBits: 4 };
const node = holders[0] as TestNode;

function draft(ledger: Ledger, sequence: number, changes: Partial<RequestIngredients> = {}) {
  return makeRequest(
    ingredientsOf(node, {
      subject: subjectOf(node, { requestId: `r${sequence}` }),
      beacon: ledger.beacon,
      timestamp: ledger.timeMs,
      sequence,
      requirements,
      ...changes,
    }),
  );
}

const batchOf = (drafts: readonly ReturnType<typeof draft>[]) =>
  validateBatchOperation(makeRequestBatch(chainId, drafts, node.signer, node.plot));

const light = (changes: Partial<typeof genesis> = {}) => newLedger({ requirements, ...changes });

/** `valid`, or the proofs that failed, for each request. */
function verdicts(result: OperationResult): string[] {
  return decisionsIn(result).map(({ status, failures }) =>
    status === 'valid' ? 'valid' : failures.map(({ proof }) => proof).join(),
  );
}

describe('a batch of requests in the ledger', () => {
  test('is one operation with one decision on each request, in order', () => {
    const ledger = light();
    const operation = batchOf([1, 2, 3].map((sequence) => draft(ledger, sequence)));
    const result = run(ledger, operation);
    expect(verdicts(result)).toEqual(['valid', 'valid', 'valid']);
    for (const [i, decision] of decisionsIn(result).entries()) {
      expect(decision).toMatchObject({
        requestId: `r${i + 1}`,
        operation: requestDigest(operation),
        decidedAtMs: ledger.timeMs,
      });
      expect(toHex(decision.nodeId)).toBe(toHex(node.nodeId));
    }
  });

  test('refuses the bad ones by name and lets the others pass', () => {
    const ledger = light();
    const early = draft(ledger, 4, { timestamp: ledger.timeMs + 10 ** 6 });
    const poor = draft(ledger, 2, { stakeAmount: 5 });
    const subject = subjectOf(node, { requestId: 'foreign', commonName: 'a.elsewhere' });
    const foreign = draft(ledger, 5, { subject });
    const operation = batchOf([draft(ledger, 1), poor, draft(ledger, 3), early, foreign]);
    expect(verdicts(run(ledger, operation))).toEqual(['valid', 'stake', 'valid', 'time', 'stake']);
  });

  test('gets its first answer again, and uses each sequence up once', () => {
    const ledger = light();
    const first = batchOf([1, 2].map((sequence) => draft(ledger, sequence)));
    const answer = run(ledger, first);
    expect(run(ledger, first)).toEqual(answer);
    const other = batchOf([2, 3].map((sequence) => draft(ledger, sequence)));
    expect(verdicts(run(ledger, other))).toEqual(['replay', 'valid']);
  });

  test('decides on one request after the other: a second use in one batch is a replay', () => {
    const ledger = light();
    const twice = draft(ledger, 1);
    const sameId = draft(ledger, 2, { subject: subjectOf(node, { requestId: 'r1' }) });
    const result = run(ledger, batchOf([twice, twice, sameId]));
    expect(verdicts(result)).toEqual(['valid', 'replay', 'replay']);
  });

  test('shares request ids and sequences with lone requests', () => {
    const ledger = light();
    const lone = (sequence: number, requestId: string) =>
      validateOperation(draft(ledger, sequence, { subject: subjectOf(node, { requestId }) }));
    expect(verdicts(run(ledger, lone(1, 'a')))).toEqual(['valid']);
    const idOfLone = draft(ledger, 2, { subject: subjectOf(node, { requestId: 'a' }) });
    expect(verdicts(run(ledger, batchOf([idOfLone, draft(ledger, 3)])))).toEqual([
      'replay',
      'valid',
    ]);
    expect(verdicts(run(ledger, lone(4, 'r3')))).toEqual(['replay']);
    expect(verdicts(run(ledger, lone(3, 'b')))).toEqual(['replay']);
    expect(verdicts(run(ledger, lone(5, 'c')))).toEqual(['valid']);
  });

  test('that nobody signed leaves no trace in the state', () => {
    const ledger = light();
    const operation = batchOf([draft(ledger, 1), draft(ledger, 2)]);
    const before = ledger.stateDigest;
    const forged = flip(operation, operation.length - 9);
    expect(verdicts(run(ledger, forged))).toEqual(['signature', 'signature']);
    expect(ledger.stateDigest).toBe(before);
    expect(verdicts(run(ledger, operation))).toEqual(['valid', 'valid']);
  });

  test('needs the openings of the plot that is registered', () => {
    const ledger = light();
    const drafts = [draft(ledger, 1), draft(ledger, 2)];
    const other = (holders[1] as TestNode).plot;
    const batch = makeRequestBatch(chainId, drafts, node.signer, other);
    const result = run(ledger, validateBatchOperation(batch));
    expect(verdicts(result)).toEqual(['space', 'space']);
  });

  test('counts in the price of the next epoch as many times as it has valid requests', () => {
    const load = { validationsPerEpoch: 100, maxExtraBits: 4 };
    const ledger = light({ load });
    const poor = draft(ledger, 2, { stakeAmount: 5 });
    run(ledger, batchOf([draft(ledger, 1), poor, draft(ledger, 3)]));
    expect(ledger.load.counted).toBe(2);
  });

  test('of the greatest size fits where every request fails with the longest words', () => {
    const ledger = light();
    const long = `${'a'.repeat(60)}.`.repeat(4).slice(0, 240);
    const drafts = Array.from({ length: limits.batchedRequests }, (_, i) => {
      const requestId = `${i}-`.padEnd(64, 'x');
      const subject = subjectOf(node, { requestId, commonName: `${long}elsewhere` });
      const made = draft(ledger, 1, { subject, timestamp: startMs - 10 ** 9, stakeAmount: 1 });
      return { ...made, proofs: { ...made.proofs, work: { nonce: 0 } } };
    });
    const operation = batchOf(drafts);
    const strict = light({ requirements: { ...requirements, minimumComputeBits: 30 } });
    const [bytes] = strict.execute(1, startMs, [operation]).results as [Uint8Array];
    expect(bytes.length).toBeLessThan(maxResultBytes);
    const result = run(light(), operation);
    expect(decisionsIn(result)).toHaveLength(limits.batchedRequests);
    expect(decisionsIn(result).every(({ status }) => status === 'invalid')).toBe(true);
  });

  test('of a full window of sequences is valid as a whole', () => {
    const ledger = light();
    const drafts = Array.from({ length: 64 }, (_, i) => draft(ledger, i + 1));
    const result = run(ledger, batchOf(drafts));
    expect(new Set(verdicts(result))).toEqual(new Set(['valid']));
  });

  test('has the same answer from a remembered verdict and on the spot', () => {
    const ledger = light();
    const operation = batchOf([draft(ledger, 1), draft(ledger, 2, { stakeAmount: 5 })]);
    const cache = new StaticCheckCache({ chainId, requirements, scheme: options.scheme });
    const first = cache.check(operation);
    expect(cache.check(operation)).toBe(first);
    expect(first).toMatchObject({ type: 'validateBatch', verdicts: [{ failures: [] }, {}] });
    const shared = newLedger({ requirements }, { staticCheck: cache.check });
    expect(run(shared, operation)).toEqual(run(ledger, operation));
  });

  test('is read from its bytes and from no others', () => {
    const ledger = light();
    const operation = batchOf([draft(ledger, 1)]);
    expect(decodeOperation(operation)).toMatchObject({
      ok: true,
      value: { type: 'validateBatch' },
    });
    expect(decodeOperation(operation.subarray(0, -1)).ok).toBe(false);
  });
});

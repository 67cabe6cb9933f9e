import { expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { headerDigest, requestDigest, seal } from '../../src/pbft/envelope.ts';
import type { PrePrepare, ResultStatement } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';
import { traceObserver } from '../../src/scenario/trace-observer.ts';

const chainId = 'ab'.repeat(32);
const digest = (byte: string) => byte.repeat(32);
const signer = ed25519.signer(new Uint8Array(32).fill(9));

function header(batchDigest: string) {
  const statement: PrePrepare = {
    type: 'prePrepare',
    view: 2,
    sequence: 5,
    batchDigest,
    timestamp: 1000,
  };
  return seal(statement, 0, signer, chainId);
}

const result: ResultStatement = {
  type: 'result',
  epoch: 0,
  sequence: 5,
  timestamp: 1000,
  resultsRoot: digest('0a'),
  stateDigest: digest('0b'),
};

function traceOf(...effects: Effect[]): RunEvent[] {
  const events: RunEvent[] = [];
  const observer = traceObserver({ replica: 3, atMs: () => 77, emit: (e) => events.push(e) });
  // The node's own clock is far off: the trace must not follow it.
  observer.onStep?.({ type: 'timeout', timer: 'status' }, effects, 1_000_000);
  return events;
}

test('a decision is traced with view, digest and the operations in their order', () => {
  const batch = [Uint8Array.of(1), Uint8Array.of(2)];
  const certificate = { header: header(digest('01')), commits: [] };
  expect(traceOf({ type: 'execute', certificate, batch })).toEqual([
    {
      type: 'decided',
      atMs: 77,
      replica: 3,
      view: 2,
      sequence: 5,
      batchDigest: digest('01'),
      timestamp: 1000,
      operations: batch.map(requestDigest),
    },
  ]);
});

test('two contradicting headers are shown decoded, with their bytes and signatures', () => {
  const [first, second] = [header(digest('01')), header(digest('02'))];
  const evidence = { type: 'conflictingPrePrepare', accused: 0, first, second } as const;
  const [event] = traceOf({ type: 'accuse', evidence });
  expect(event).toMatchObject({
    type: 'accused',
    replica: 3,
    accusation: { accused: 0, evidence: 'conflictingPrePrepare', by: [3], atMs: 77 },
  });
  if (event?.type !== 'accused') throw new Error('not an accusation');
  const [left, right] = event.accusation.messages;
  expect(left).toEqual({
    type: 'prePrepare',
    fields: {
      sender: 0,
      view: 2,
      sequence: 5,
      batchDigest: digest('01'),
      timestamp: 1000,
      headerDigest: headerDigest(first),
    },
    payload: toHex(first.payload),
    signature: toHex(first.signature),
  });
  expect(right?.fields.batchDigest).toBe(digest('02'));
});

test('a divergent result is shown beside what the quorum signed', () => {
  const vote = seal({ ...result, stateDigest: digest('0c') }, 1, signer, chainId);
  const votes = [0, 2, 3].map((replica) => ({ replica, signature: Uint8Array.of(replica) }));
  const certificate = { statement: result, votes };
  const evidence = { type: 'divergentResult', accused: 1, vote, certificate } as const;
  const [event] = traceOf({ type: 'accuse', evidence });
  if (event?.type !== 'accused') throw new Error('not an accusation');
  expect(event.accusation.messages.map(({ fields }) => fields.stateDigest)).toEqual([
    digest('0c'),
    digest('0b'),
  ]);
  expect(event.accusation.messages[1]?.fields.signers).toBe('0 2 3');
});

test('a self-contradicting view change is shown by what it is about', () => {
  const prepared = [{ header: header(digest('01')), prepares: [] }];
  const vote = seal(
    { type: 'viewChange', view: 4, stable: { statement: result, votes: [] }, prepared },
    1,
    signer,
    chainId,
  );
  const [event] = traceOf({
    type: 'accuse',
    evidence: { type: 'invalidViewChange', accused: 1, vote },
  });
  if (event?.type !== 'accused') throw new Error('not an accusation');
  expect(event.accusation.messages).toHaveLength(1);
  expect(event.accusation.messages[0]?.fields).toEqual({
    sender: 1,
    view: 4,
    stable: 5,
    prepared: '5',
  });
});

test('views, checkpoints and strikes are traced, and what concerns nobody is not', () => {
  const events = traceOf(
    { type: 'enterView', view: 1, active: false },
    { type: 'setTimer', timer: 'status', afterMs: 5 },
    { type: 'enterView', view: 1, active: true },
    { type: 'stable', certificate: { statement: result, votes: [] } },
    { type: 'strike', replica: 2, reason: 'bad signature' },
    { type: 'cancelTimer', timer: 'status' },
  );
  expect(events).toEqual([
    { type: 'view', atMs: 77, replica: 3, view: 1, active: false },
    { type: 'view', atMs: 77, replica: 3, view: 1, active: true },
    { type: 'stable', atMs: 77, replica: 3, sequence: 5 },
    { type: 'strike', atMs: 77, replica: 3, against: 2, reason: 'bad signature' },
  ]);
});

test('a state that was fetched is traced when it is in place, and only if it is', () => {
  const events: RunEvent[] = [];
  const observer = traceObserver({ replica: 1, atMs: () => 5, emit: (e) => events.push(e) });
  const certificate = { statement: result, votes: [] };
  const install: Effect = { type: 'install', certificate, chunks: [] };
  observer.onStep?.({ type: 'timeout', timer: 'fetch' }, [install], 0);
  observer.onStep?.({ type: 'installed', sequence: 5, ok: false }, [install], 0);
  expect(events).toEqual([]);
  observer.onStep?.({ type: 'installed', sequence: 5, ok: true }, [], 0);
  const { sequence, stateDigest } = result;
  expect(events).toEqual([{ type: 'installed', atMs: 5, replica: 1, sequence, stateDigest }]);
});

test('a state that was found on disk is traced, and an empty disk is not', () => {
  const events: RunEvent[] = [];
  const observer = traceObserver({ replica: 1, atMs: () => 5, emit: (e) => events.push(e) });
  observer.onStep?.({ type: 'recovered', records: [] }, [], 0);
  expect(events).toEqual([]);
  const certificate = { statement: result, votes: [] };
  observer.onStep?.({ type: 'recovered', records: [{ type: 'stable', certificate }] }, [], 0);
  const { sequence, stateDigest } = result;
  expect(events).toEqual([{ type: 'installed', atMs: 5, replica: 1, sequence, stateDigest }]);
});

import fc from 'fast-check';
import type { JournalRecord } from '../../src/pbft/journal-record.ts';
import type {
  Answer,
  CommitCertificate,
  Envelope,
  Message,
  NewView,
  PrePrepare,
  PreparedCertificate,
  ResultCertificate,
  ResultStatement,
  Statement,
  ViewChange,
  Vote,
} from '../../src/pbft/messages.ts';
import { encodeStatement } from '../../src/pbft/statement-codec.ts';

/** Anything that the wire or the journal may carry, of every type, for fast-check to shrink. */
const number = fc.maxSafeNat();
const u32 = fc.nat(0xffff_ffff);
const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const replica = fc.nat(255);
const signature = fc.uint8Array({ maxLength: 64 });
const batch = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 3 });
const place = { view: number, sequence: number };

export const prePrepare: fc.Arbitrary<PrePrepare> = fc.record({
  type: fc.constant('prePrepare' as const),
  ...place,
  batchDigest: digest,
  timestamp: number,
});

function voteOf<T extends 'prepare' | 'commit'>(type: T) {
  return fc.record({ type: fc.constant(type), ...place, headerDigest: digest });
}

const resultStatement: fc.Arbitrary<ResultStatement> = fc.record({
  type: fc.constant('result' as const),
  epoch: number,
  sequence: number,
  timestamp: number,
  resultsRoot: digest,
  stateDigest: digest,
});

const votes: fc.Arbitrary<Vote[]> = fc.array(fc.record({ replica, signature }), { maxLength: 3 });

/** Signed bytes round whatever statement; the signature is not a real one. */
function envelope<S extends Statement>(statement: fc.Arbitrary<S>): fc.Arbitrary<Envelope<S>> {
  return fc.tuple(replica, statement, signature).map(([sender, said, signed]) => ({
    sender,
    payload: encodeStatement(said),
    signature: signed,
    statement: said,
  }));
}

const resultCertificate: fc.Arbitrary<ResultCertificate> = fc.record({
  statement: resultStatement,
  votes,
});
const preparedCertificate: fc.Arbitrary<PreparedCertificate> = fc.record({
  header: envelope(prePrepare),
  prepares: votes,
});
const commitCertificate: fc.Arbitrary<CommitCertificate> = fc.record({
  header: envelope(prePrepare),
  commits: votes,
});

const viewChange: fc.Arbitrary<ViewChange> = fc.record({
  type: fc.constant('viewChange' as const),
  view: number,
  stable: fc.option(resultCertificate),
  prepared: fc.array(preparedCertificate, { maxLength: 2 }),
});

const newView: fc.Arbitrary<NewView> = fc.record({
  type: fc.constant('newView' as const),
  view: number,
  viewChanges: fc.array(envelope(viewChange), { maxLength: 2 }),
  headers: fc.array(envelope(prePrepare), { maxLength: 2 }),
});

export const statements: Record<Statement['type'], fc.Arbitrary<Statement>> = {
  prePrepare,
  prepare: voteOf('prepare'),
  commit: voteOf('commit'),
  result: resultStatement,
  viewChange,
  newView,
};

const answer: fc.Arbitrary<Answer> = fc.record({
  requestDigest: digest,
  result: fc.uint8Array({ maxLength: 12 }),
  index: u32,
  batchSize: u32,
  path: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 3 }),
});

function message<T extends Message['type']>(
  type: T,
  fields: { [K in Exclude<keyof Extract<Message, { type: T }>, 'type'>]: fc.Arbitrary<unknown> },
): fc.Arbitrary<Message> {
  return fc.record({ type: fc.constant(type), ...fields }) as unknown as fc.Arbitrary<Message>;
}

export const messages: Record<Message['type'], fc.Arbitrary<Message>> = {
  request: message('request', { operation: fc.uint8Array({ maxLength: 40 }) }),
  prePrepare: message('prePrepare', { header: envelope(prePrepare), batch }),
  prepare: message('prepare', {
    vote: envelope(voteOf('prepare')),
    header: envelope(prePrepare),
  }),
  commit: message('commit', { vote: envelope(voteOf('commit')) }),
  checkpoint: message('checkpoint', { vote: envelope(resultStatement) }),
  viewChange: message('viewChange', { vote: envelope(viewChange) }),
  newView: message('newView', { vote: envelope(newView) }),
  reply: message('reply', {
    view: number,
    vote: envelope(resultStatement),
    answers: fc.array(answer, { maxLength: 2 }),
  }),
  status: message('status', {
    epoch: number,
    view: number,
    active: fc.boolean(),
    stableCheckpoint: number,
    executed: number,
  }),
  complaint: message('complaint', { epoch: number, view: number }),
  queryStable: message('queryStable', { epoch: number, nonce: number }),
  replyStable: message('replyStable', {
    epoch: number,
    nonce: number,
    view: number,
    executed: number,
  }),
  decided: message('decided', { certificate: commitCertificate, batch }),
  fetchBatch: message('fetchBatch', { batchDigest: digest }),
  batch: message('batch', { batch }),
  fetchState: message('fetchState', { sequence: number, chunk: u32 }),
  stableCheckpoint: message('stableCheckpoint', { certificate: resultCertificate }),
  stateChunk: message('stateChunk', {
    sequence: number,
    chunk: u32,
    chunks: u32,
    bytes: fc.uint8Array({ maxLength: 20 }),
  }),
  epochChange: message('epochChange', {
    certificate: resultCertificate,
    membership: fc.uint8Array({ maxLength: 20 }),
    path: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 3 }),
  }),
};

function record<T extends JournalRecord['type']>(
  type: T,
  fields: {
    [K in Exclude<keyof Extract<JournalRecord, { type: T }>, 'type'>]: fc.Arbitrary<unknown>;
  },
): fc.Arbitrary<JournalRecord> {
  const whole = fc.record({ type: fc.constant(type), ...fields });
  return whole as unknown as fc.Arbitrary<JournalRecord>;
}

export const records: Record<JournalRecord['type'], fc.Arbitrary<JournalRecord>> = {
  accepted: record('accepted', { header: envelope(prePrepare), batch }),
  prepared: record('prepared', { certificate: preparedCertificate }),
  decided: record('decided', { certificate: commitCertificate, batch: fc.option(batch) }),
  leftView: record('leftView', { vote: envelope(viewChange) }),
  enteredView: record('enteredView', { vote: envelope(newView) }),
  recovering: record('recovering', {
    until: fc.option(fc.record({ sequence: number, view: number })),
  }),
  stable: record('stable', { certificate: resultCertificate }),
};

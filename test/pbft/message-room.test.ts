import { expect, test } from 'vitest';
import { encodeMessage } from '../../src/pbft/message-codec.ts';
import { roomFor } from '../../src/pbft/message-room.ts';
import type { Answer, Message } from '../../src/pbft/messages.ts';
import { encodeRecord } from '../../src/pbft/record-codec.ts';
import { Alone } from './alone.ts';

const digest = '4'.repeat(64);
const cluster = new Alone(0);
const batch = Array.from({ length: 64 }, (_, i) => new Uint8Array(1000 + i).fill(i));
const header = cluster.header(0, 1, batch);
const certificate = cluster.decided(1, 0, batch);
const vote = cluster.say(cluster.result(1), 0);
const answers: Answer[] = batch.map((result, index) => {
  const path = Array.from({ length: 6 }, () => new Uint8Array(32));
  return { requestDigest: digest, result, index, batchSize: batch.length, path };
});

const messages: readonly Message[] = [
  { type: 'prePrepare', header, batch },
  { type: 'decided', certificate, batch },
  { type: 'batch', batch },
  { type: 'request', operation: new Uint8Array(16 * 1024) },
  { type: 'reply', view: 0, vote, answers },
];

test.each(messages)('a large $type is written once, where it stays', (message) => {
  const frame = encodeMessage(message);
  expect(frame.buffer.byteLength).toBe(roomFor(message));
  expect(frame.buffer.byteLength - frame.length).toBeLessThan(frame.length / 8);
});

test('so is the record of a batch, whether it was accepted or decided', () => {
  for (const record of [
    encodeRecord({ type: 'accepted', header, batch }),
    encodeRecord({ type: 'decided', certificate, batch }),
  ]) {
    const room = record.buffer.byteLength;
    expect(room).toBeGreaterThan(record.length);
    expect(room - record.length).toBeLessThan(record.length / 8);
  }
});

test('a vote, and a header with it, have room enough in what is usual', () => {
  const named = { view: 0, sequence: 1, headerDigest: digest };
  const prepare = cluster.say({ type: 'prepare', ...named }, 1);
  for (const message of [
    { type: 'checkpoint', vote },
    { type: 'prepare', vote: prepare, header },
  ] as const) {
    expect(encodeMessage(message).length).toBeLessThanOrEqual(roomFor(message));
  }
});

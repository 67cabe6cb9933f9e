import { expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Message, Operation } from '../../src/pbft/messages.ts';

const chainId = '1'.repeat(64);
const signer = ed25519.signer(new Uint8Array(32).fill(1));

function read(message: Message): Message {
  const decoded = decodeMessage(encodeMessage(message));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

function asked(operation: Operation): Operation {
  const request = read({ type: 'request', operation });
  if (request.type !== 'request') throw new Error('no request');
  return request.operation;
}

/** As a batch brings it, in bytes of its own. */
function ordered(batch: readonly Operation[]): readonly Operation[] {
  const digest = '2'.repeat(64);
  const header = seal(
    { type: 'prePrepare', view: 0, sequence: 1, batchDigest: digest, timestamp: 1 },
    0,
    signer,
    chainId,
  );
  const prePrepare = read({ type: 'prePrepare', header, batch });
  if (prePrepare.type !== 'prePrepare') throw new Error('no pre-prepare');
  return prePrepare.batch;
}

test('a request that came by itself is the very same in the batch that brings it again', () => {
  const requests = ['first', 'second', 'x'].map((text) => asked(utf8(text)));
  const batch = ordered(requests.toReversed());
  expect(batch.length).toBe(requests.length);
  for (const [i, operation] of batch.toReversed().entries()) expect(operation).toBe(requests[i]);
});

test('what differs in any one byte is another request', () => {
  const request = asked(Uint8Array.from({ length: 1024 }, (_, i) => i * 7));
  for (let at = 0; at < request.length; at++) {
    const other = request.slice();
    other[at] = (other[at] as number) ^ 1;
    const [read] = ordered([other]);
    expect(read).not.toBe(request);
    expect(read).toEqual(other);
  }
  const shorter = request.subarray(0, 1023);
  expect(ordered([shorter])).toEqual([shorter]);
  expect(ordered([request])[0]).toBe(request);
});

test('nothing empty is kept, and nothing long', () => {
  for (const [length, same] of [
    [0, false],
    [4096, true],
    [4097, false],
  ] as const) {
    const request = asked(new Uint8Array(length).fill(length & 0xff));
    const [read] = ordered([request]);
    expect(read).toEqual(request);
    expect(read === request, `${length} bytes`).toBe(same);
  }
});

test('requests that would be kept in one place take turns', () => {
  // 24 bytes of a longer request are looked at: these two differ in another.
  const one = new Uint8Array(1000).fill(5);
  const other = one.slice();
  other[10] = 6;
  const [first, second] = [asked(one), asked(other)];
  expect(ordered([one, other])[0]).not.toBe(first);
  expect(ordered([one, other])).toEqual([one, other]);
  expect(ordered([one, other])[1]).toBe(second);
});

test('requests that differ in one byte that is looked at have places of their own', () => {
  const length = 1024;
  const looked = [
    ...Array.from({ length: 16 }, (_, i) => i * 64),
    ...Array.from({ length: 8 }, (_, i) => length - 1 - i),
  ];
  for (const at of looked) {
    const requests = [1, 2, 3].map((byte) => asked(new Uint8Array(length).fill(byte, at, at + 1)));
    const batch = ordered(requests);
    for (const [i, request] of requests.entries()) expect(batch[i], `byte ${at}`).toBe(request);
  }
});

test('requests shorter than what is looked at have places of their own as well', () => {
  for (let length = 1; length < 16; length++) {
    const requests = [1, 2, 3].map((byte) => asked(new Uint8Array(length).fill(byte)));
    const batch = ordered(requests);
    for (const [i, request] of requests.entries()) expect(batch[i], `${length}`).toBe(request);
  }
});

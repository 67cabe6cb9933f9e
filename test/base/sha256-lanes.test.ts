import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MerkleLanes,
  pairStride,
  pairWord,
  roomWord,
  singleStride,
  singleWord,
} from '../../src/base/merkle-lanes.ts';
import { plainLanes, type Sha256Lanes, vectorLanes } from '../../src/base/sha256-lanes.ts';

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** `message` with the padding of FIPS 180-4 §5.1.1. */
function padded(message: Uint8Array, blocks: number): Uint8Array {
  const bytes = Buffer.alloc(blocks * 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  bytes.writeUInt32BE(message.length * 8, blocks * 64 - 4);
  return bytes;
}

function digestsOf(lanes: Sha256Lanes, messages: readonly Uint8Array[], blocks: number): string[] {
  const memory = new Uint8Array(lanes.memory);
  const [from, stride, out] = [lanes.free + 3, blocks * 64 + 5, 60_000];
  messages.forEach((message, i) => {
    memory.set(padded(message, blocks), from + i * stride);
  });
  lanes.run(from, stride, blocks, out);
  return messages.map((_, i) =>
    Buffer.from(memory.subarray(out + i * 32, out + i * 32 + 32)).toString('hex'),
  );
}

const makers = [
  ['vectors', () => vectorLanes(1)],
  ['one after the other', () => plainLanes(1)],
] as const;

describe.each(makers)('SHA-256 of four messages by %s', (_, make) => {
  const lanes = make() as Sha256Lanes;

  test('is what node:crypto gives, for every length up to five blocks', () => {
    for (let length = 0; length <= 311; length++) {
      const messages = [1, 2, 3, 4].map((seed) =>
        Uint8Array.from({ length }, (_, i) => (i * seed * 37 + seed * 101) & 255),
      );
      const blocks = Math.floor((length + 8) / 64) + 1;
      expect(digestsOf(lanes, messages, blocks)).toEqual(messages.map(sha));
    }
  });

  test('is what node:crypto gives, for any bytes', () => {
    const message = fc.uint8Array({ minLength: 65, maxLength: 65 });
    fc.assert(
      fc.property(fc.tuple(message, message, message, message), (messages) => {
        expect(digestsOf(lanes, messages, 2)).toEqual(messages.map(sha));
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test('hashes leaves and nodes of trees, each behind its prefix', () => {
    const merkle = new MerkleLanes(512, () => make() as Sha256Lanes);
    const hashes = [0, 1, 2, 3, 4, 5, 6, 7].map((seed) => new Uint8Array(32).fill(17 * seed + 1));
    const out = new Uint8Array(128);
    const outcome = () => {
      for (let lane = 0; lane < 4; lane++) merkle.take(roomWord + lane * 8, out, lane * 32);
      return [0, 32, 64, 96].map((at) => Buffer.from(out.subarray(at, at + 32)).toString('hex'));
    };
    for (let lane = 0; lane < 4; lane++) {
      merkle.put(hashes[lane] as Uint8Array, 0, singleWord + lane * singleStride);
      merkle.put(hashes[lane * 2] as Uint8Array, 0, pairWord + lane * pairStride);
      merkle.put(hashes[lane * 2 + 1] as Uint8Array, 0, pairWord + lane * pairStride + 8);
    }
    merkle.hashSingles(roomWord);
    expect(outcome()).toEqual(
      hashes.slice(0, 4).map((hash) => sha(Buffer.concat([Buffer.of(0), hash]))),
    );
    const pairs = (prefix: number) =>
      [0, 2, 4, 6].map((i) =>
        sha(
          Buffer.concat([Buffer.of(prefix), hashes[i] as Uint8Array, hashes[i + 1] as Uint8Array]),
        ),
      );
    for (const prefix of [1, 0, 1]) {
      merkle.hashPairs(roomWord, prefix);
      expect(outcome()).toEqual(pairs(prefix));
    }
  });
});

test('vectors are there where the tests run', () => {
  expect(vectorLanes(1)).not.toBeNull();
});

import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { merkleTree } from '../../src/base/merkle.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Answer } from '../../src/pbft/messages.ts';
import { Alone } from './alone.ts';

const digest = '3'.repeat(64);
const cluster = new Alone(0);

function answersOf(words: readonly string[]): Answer[] {
  const { paths } = merkleTree(words.map(() => new Uint8Array(32)));
  return words.map((word, index) => {
    const path = paths[index] ?? [];
    return { requestDigest: digest, result: utf8(word), index, batchSize: words.length, path };
  });
}

/** As a replica sends them: under its own vote. */
function frameFrom(replica: number, answers: readonly Answer[]): Uint8Array {
  const vote = cluster.say(cluster.result(1), replica);
  return encodeMessage({ type: 'reply', view: replica, vote, answers });
}

function read(frame: Uint8Array) {
  const decoded = decodeMessage(frame);
  if (!decoded.ok || decoded.value.type !== 'reply') throw new Error('no reply');
  return decoded.value;
}

function readFrom(replica: number, words: readonly string[]): readonly Answer[] {
  return read(frameFrom(replica, answersOf(words))).answers;
}

describe('answers that a second replica gives word for word', () => {
  test('are the very same, though vote and view are its own', () => {
    const words = ['one', 'two', 'three'];
    const [first, second] = [1, 2].map((replica) => read(frameFrom(replica, answersOf(words))));
    expect(first?.answers).toEqual(answersOf(words));
    expect(second?.answers).toBe(first?.answers);
    expect([second?.vote.sender, second?.view]).toEqual([2, 2]);
  });

  test('are read anew when one byte differs, in a result, a path or an index', () => {
    const first = readFrom(1, ['four', 'five']);
    expect(readFrom(2, ['four', 'Five'])).toEqual(answersOf(['four', 'Five']));
    for (const change of [{ index: 2 }, { path: [utf8('!'.repeat(32))] }]) {
      const told = first.map((answer) => ({ ...answer, ...change }));
      expect(read(frameFrom(2, told)).answers).toEqual(told);
    }
  });

  test('are remembered while seven others are answered, and not for ever', () => {
    const first = readFrom(1, ['six']);
    for (let i = 0; i < 7; i++) readFrom(1, [`later ${i}`]);
    expect(readFrom(2, ['six'])).toBe(first);
    readFrom(1, ['later 7']);
    expect(readFrom(2, ['six'])).toEqual(first);
    expect(readFrom(2, ['six'])).not.toBe(first);
  });

  test('are refused with a byte behind them, however well known they are', () => {
    const frame = frameFrom(1, answersOf(['seven']));
    read(frame);
    const longer = decodeMessage(Uint8Array.of(...frame, 0));
    expect(longer).toEqual({ ok: false, reason: '1 bytes too many' });
    const shorter = decodeMessage(frame.subarray(0, -1));
    expect(shorter.ok).toBe(false);
  });
});

import { expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { encodeMessage } from '../../src/pbft/message-codec.ts';
import { TraceTail } from '../../src/simulator/trace-tail.ts';

function tailOf(size: number): TraceTail {
  return new TraceTail(size, (id) => `endpoint-${id}`);
}

test('the tail tells frames, decisions and notes, oldest first', () => {
  const tail = tailOf(4);
  const frame = encodeMessage({ type: 'request', operation: utf8('an operation') });
  tail.note('replica-2 enters view 1', 1000);
  tail.delivered(0, 3, frame, 2500);
  tail.decided(3, 17, 'abcdef01'.padEnd(64, '0'), 3000);
  const [note, delivered, decided, ...more] = tail.lines();
  expect(note).toBe('1.000 ms replica-2 enters view 1');
  expect(delivered).toMatch(/^2\.500 ms endpoint-0 -> endpoint-3 request /);
  expect(decided).toBe('3.000 ms replica-3 decides 17 abcdef01');
  expect(more).toEqual([]);
});

test('a place of the tail says nothing of what stood there before', () => {
  const tail = tailOf(1);
  tail.decided(3, 17, 'f'.repeat(64), 1000);
  tail.note('a note', 2000);
  expect(tail.lines()).toEqual(['2.000 ms a note']);
  tail.decided(1, 18, 'e'.repeat(64), 3000);
  expect(tail.lines()).toEqual(['3.000 ms replica-1 decides 18 eeeeeeee']);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../src/simulator/event-queue.ts';

interface Numbered {
  readonly atUs: number;
  readonly order: number;
}

/** Delays around every edge: none, a bit's width, a word's, the ring's, and far beyond it. */
const delayUs = fc.oneof(
  fc.constantFrom(0, 1, 31, 32, 33, 1023, 1024, 8191, 8192, 8193, 16_384, 1_000_000),
  fc.nat(9_000),
);
/** How many events are put, each so late; then how many are taken. */
const turns = fc.array(fc.tuple(fc.array(delayUs, { maxLength: 8 }), fc.nat(8)), { maxLength: 60 });

test('events leave by time, and those of one microsecond in the order in which they came', () => {
  fc.assert(
    fc.property(turns, (played) => {
      const queue = new EventQueue();
      const waiting: Numbered[] = [];
      let nowUs = 0;
      let order = 0;
      const take = (): void => {
        waiting.sort((a, b) => a.atUs - b.atUs || a.order - b.order);
        const next = waiting.shift();
        expect(queue.nextAtUs).toBe(next?.atUs ?? null);
        expect(queue.pop()).toBe(next !== undefined);
        expect(queue.size).toBe(waiting.length);
        if (next === undefined) return;
        expect(queue).toMatchObject({
          atUs: next.atUs,
          subject: next.order,
          object: 2 * next.order,
        });
        nowUs = next.atUs;
      };
      for (const [delays, taken] of played) {
        for (const delay of delays) {
          const event = { atUs: nowUs + delay, order: order++ };
          queue.push(event.atUs, event.order, 2 * event.order);
          waiting.push(event);
        }
        for (let i = 0; i < taken; i++) take();
      }
      while (waiting.length > 0) take();
      expect(queue.pop()).toBe(false);
    }),
  );
});

test('room grows with what is under way, and nothing of it is lost', () => {
  const queue = new EventQueue();
  for (let i = 0; i < 5000; i++) queue.push(i % 7, i, 0);
  const taken = Array.from({ length: 5000 }, () => (queue.pop() ? queue.subject : -1));
  expect(new Set(taken).size).toBe(5000);
  expect(taken.slice(0, 3)).toEqual([0, 7, 14]);
});

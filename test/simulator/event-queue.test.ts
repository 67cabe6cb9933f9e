import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue, type Queued } from '../../src/simulator/event-queue.ts';

interface Numbered extends Queued {
  readonly name: number;
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
      const queue = new EventQueue<Numbered>();
      const waiting: Numbered[] = [];
      let nowUs = 0;
      let order = 0;
      const take = (): void => {
        waiting.sort((a, b) => a.atUs - b.atUs || a.order - b.order);
        expect(queue.peek()?.order).toBe(waiting[0]?.order);
        const event = queue.pop();
        expect(event?.order).toBe(waiting.shift()?.order);
        nowUs = event?.atUs ?? nowUs;
        expect(queue.size).toBe(waiting.length);
      };
      for (const [delays, taken] of played) {
        for (const delay of delays) {
          const event = { atUs: nowUs + delay, order: order++, next: null, name: order };
          queue.push(event);
          waiting.push(event);
        }
        for (let i = 0; i < taken; i++) take();
      }
      while (waiting.length > 0) take();
      expect(queue.pop()).toBeUndefined();
    }),
  );
});

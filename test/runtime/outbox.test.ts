import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outbox } from '../../src/runtime/outbox.ts';
import { Backoff } from '../../src/runtime/redial.ts';

test('an outbox is a queue that drops its oldest beyond its bounds', () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: 0, max: 40 }) }) },
    { weight: 1, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 40 }) }) },
  );
  let fullByCount = 0;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200, size: 'max' }), (operations) => {
      const outbox = new Outbox(8, 150);
      let model: Uint8Array[] = [];
      let dropped = 0;
      for (const step of operations) {
        if ('push' in step) {
          model.push(new Uint8Array(step.push));
          outbox.push(model.at(-1)!);
          const bytes = () => model.reduce((sum, frame) => sum + frame.length, 0);
          if (model.length > 8 && bytes() <= 150) fullByCount++;
          while (model.length > 1 && (model.length > 8 || bytes() > 150)) {
            model = model.slice(1);
            dropped++;
          }
        } else {
          const taken = outbox.take(step.take);
          const size = taken.reduce((sum, frame) => sum + frame.length, 0);
          expect(taken).toEqual(model.slice(0, taken.length));
          expect(taken.length === 0).toBe(model.length === 0);
          if (taken.length > 1) expect(size).toBeLessThanOrEqual(step.take);
          const next = model[taken.length];
          if (next !== undefined) expect(size + next.length).toBeGreaterThan(step.take);
          model = model.slice(taken.length);
        }
        expect(outbox.size).toBe(model.length);
        expect(outbox.dropped).toBe(dropped);
      }
    }),
    { seed: 1 },
  );
  expect(fullByCount).toBeGreaterThan(0);
});

test('an outbox keeps its order over many frames', () => {
  const outbox = new Outbox(10_000, 1_000_000);
  const seen: number[] = [];
  for (let i = 0; i < 5000; i++) {
    outbox.push(Uint8Array.of(i >> 8, i & 255));
    if (i % 3 === 0) for (const frame of outbox.take(4)) seen.push(frame[0]! * 256 + frame[1]!);
  }
  for (const frame of outbox.take(1_000_000)) seen.push(frame[0]! * 256 + frame[1]!);
  expect(seen).toEqual([...Array(5000).keys()]);
});

test('pauses double up to a cap, spread over their upper half, and start over', () => {
  const low = new Backoff(50, 2000, () => 0);
  const high = new Backoff(50, 2000, () => 1);
  expect(Array.from({ length: 8 }, () => low.nextDelayMs())).toEqual([
    25, 50, 100, 200, 400, 800, 1000, 1000,
  ]);
  expect(Array.from({ length: 8 }, () => high.nextDelayMs())).toEqual([
    50, 100, 200, 400, 800, 1600, 2000, 2000,
  ]);
  high.reset();
  expect(high.nextDelayMs()).toBe(50);
});

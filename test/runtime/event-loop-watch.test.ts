import { expect, test } from 'vitest';
import { EventLoopWatch } from '../../src/runtime/event-loop-watch.ts';

const nextTurns = () => new Promise((resolve) => setTimeout(resolve, 100));
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('a pause of the event loop is seen, in its window and through the next', async () => {
  const watch = new EventLoopWatch(500);
  try {
    await nextTurns();
    block(200);
    await nextTurns();
    expect(watch.lag.maxSeconds).toBeGreaterThan(0.1);
    expect(watch.lag.p50Seconds).toBeLessThanOrEqual(watch.lag.p99Seconds);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(watch.lag.maxSeconds).toBeGreaterThan(0.1);
  } finally {
    watch.stop();
  }
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scheduler, VirtualClock, VirtualTimers } from '../../src/simulator/virtual-time.ts';

function timersOf(scheduler: Scheduler, driftPpm = 0) {
  const clock = new VirtualClock(scheduler, 1_000_000, driftPpm);
  const fired: [number, number][] = [];
  const timers = new VirtualTimers(scheduler, clock, 7, (atUs, owner) => fired.push([atUs, owner]));
  return { clock, timers, fired };
}

function runAll(scheduler: Scheduler): void {
  while (scheduler.step());
}

describe('the scheduler', () => {
  test('fires events in order of their times, and equal times in order of scheduling', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 60 }), (delays) => {
        const scheduler = new Scheduler();
        const seen: { delay: number; index: number }[] = [];
        for (const [index, delay] of delays.entries()) {
          scheduler.at(delay, () => seen.push({ delay: scheduler.nowUs, index }));
        }
        runAll(scheduler);
        const expected = delays
          .map((delay, index) => ({ delay, index }))
          .sort((a, b) => a.delay - b.delay || a.index - b.index);
        expect(seen).toEqual(expected);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test('never moves time backwards, also when an event asks for the past', () => {
    const scheduler = new Scheduler();
    const times: number[] = [];
    scheduler.at(500, () => scheduler.at(100, () => times.push(scheduler.nowUs)));
    runAll(scheduler);
    expect(times).toEqual([500]);
  });

  test('stands still when nothing is left to happen', () => {
    const scheduler = new Scheduler();
    expect(scheduler.step()).toBe(false);
    expect(scheduler.nextAtUs).toBeNull();
  });
});

describe('a clock', () => {
  test.each([
    { driftPpm: 0, offsetMs: 0, nowMs: 1_010_000, why: 'right' },
    { driftPpm: 0, offsetMs: -45_000, nowMs: 965_000, why: 'set back by 45 s' },
    { driftPpm: 200_000, offsetMs: 0, nowMs: 1_012_000, why: 'a fifth too fast' },
    { driftPpm: -100, offsetMs: 0, nowMs: 1_009_999, why: '100 ppm slow' },
  ])('shows $nowMs ms after ten seconds when it is $why', ({ driftPpm, offsetMs, nowMs }) => {
    const scheduler = new Scheduler();
    const clock = new VirtualClock(scheduler, 1_000_000, driftPpm);
    clock.setOffset(offsetMs);
    scheduler.at(10_000_000, () => {});
    runAll(scheduler);
    expect(clock.nowMs()).toBe(nowMs);
  });
});

describe('timers', () => {
  test('fire once, at their time, and tell the trace', () => {
    const scheduler = new Scheduler();
    const { timers, fired } = timersOf(scheduler);
    let calls = 0;
    timers.after(5, () => calls++);
    runAll(scheduler);
    expect(calls).toBe(1);
    expect(fired).toEqual([[5000, 7]]);
  });

  test('of a fast clock fire early', () => {
    const scheduler = new Scheduler();
    const { timers, fired } = timersOf(scheduler, 250_000);
    timers.after(100, () => {});
    runAll(scheduler);
    expect(fired).toEqual([[80_000, 7]]);
  });

  test('do not fire when cancelled, and cancelling again changes nothing', () => {
    const scheduler = new Scheduler();
    const { timers, fired } = timersOf(scheduler);
    const cancel = timers.after(5, () => expect.unreachable());
    cancel();
    cancel();
    runAll(scheduler);
    expect(fired).toEqual([]);
  });

  test('leave nothing behind when they are cancelled, however far ahead they were set', () => {
    const scheduler = new Scheduler();
    const { timers, fired } = timersOf(scheduler);
    timers.after(50_000, () => {});
    for (let i = 0; i < 10_000; i++) timers.after(60_000 + i, () => expect.unreachable())();
    expect(scheduler.pending).toBeLessThan(2000);
    runAll(scheduler);
    expect(fired).toEqual([[50_000_000, 7]]);
  });

  test('die with the participant that crashed', () => {
    const scheduler = new Scheduler();
    const { timers, fired } = timersOf(scheduler);
    timers.after(5, () => expect.unreachable());
    timers.stop();
    timers.after(6, () => expect.unreachable());
    runAll(scheduler);
    expect(fired).toEqual([]);
  });
});

import { afterEach, expect, it, vi } from 'vitest';
import { StageMeter, within } from '../../src/runtime/meter.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Sets the clock that the meter reads. */
function clock() {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  return (ms: number) => {
    nowMs += ms;
  };
}

it('charges a stage inside another to the inner one alone', () => {
  const pass = clock();
  const meter = new StageMeter();
  within(meter, 'consensus', () => {
    pass(5);
    within(meter, 'sign', () => pass(3));
    pass(2);
  });
  pass(100);
  expect(meter.read()).toMatchObject({ consensus: 7, sign: 3, verify: 0 });
});

it('goes back to the stage before even when something throws', () => {
  const pass = clock();
  const meter = new StageMeter();
  within(meter, 'execute', () => {
    const failing = () =>
      within(meter, 'proofs', () => {
        pass(1);
        throw new Error('inside');
      });
    expect(failing).toThrow('inside');
    pass(4);
  });
  expect(meter.read()).toMatchObject({ execute: 4, proofs: 1 });
});

it('tells what a running stage has spent so far, and adds what other threads did', () => {
  const pass = clock();
  const meter = new StageMeter();
  meter.enter('journal');
  pass(6);
  meter.add('proofs', 9);
  expect(meter.read()).toMatchObject({ journal: 6, proofs: 9 });
});

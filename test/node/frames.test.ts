import { describe, expect, it } from 'vitest';
import { encodeFrame, letterIn, openFrame, senderOf } from '../../src/node/frames.ts';

const frame = () => encodeFrame({ type: 'complaint', epoch: 0, view: 1 });

describe('the sender of a frame', () => {
  const here = new Map([
    ['replica-0', 0],
    ['replica-1', 1],
  ]);
  const next = new Map([['replica-1', 0]]);

  it('has the index that each epoch gives it, whoever asked before', () => {
    const opened = frame();
    openFrame(opened);
    for (const [roster, index] of [
      [here, 1],
      [next, 0],
      [here, 1],
    ] as const) {
      expect(senderOf(letterIn(opened), 'replica-1', roster)).toBe(index);
    }
  });

  it('is whose link it came over, though another sent the same bytes before', () => {
    const opened = frame();
    openFrame(opened);
    const known = letterIn(opened);
    expect(senderOf(known, 'replica-1', here)).toBe(1);
    expect(senderOf(known, 'replica-0', here)).toBe(0);
    expect(senderOf(known, 'client-0', here)).toBeUndefined();
  });

  it('is told of a frame that nobody opened yet', () => {
    expect(senderOf(letterIn(frame()), 'replica-1', here)).toBe(1);
  });
});

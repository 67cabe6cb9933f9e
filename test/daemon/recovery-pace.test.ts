import { describe, expect, it } from 'vitest';
import { RecoveryPace } from '../../src/daemon/recovery-pace.ts';
import { decodeOperation } from '../../src/ledger/operation.ts';
import type { ValidatorOutcome } from '../../src/runtime/validator.ts';
import { FakeTimers } from '../validation/fakes.ts';

/** A node at some place of its log, and the cluster's answers to what it asks. */
function quietNode(recovering: boolean) {
  const timers = new FakeTimers();
  const asked: Uint8Array[] = [];
  const waiting: ((outcome: ValidatorOutcome) => void)[] = [];
  const node = { recovering, sequence: 40, logWindow: 64 };
  const validator = {
    submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void) {
      asked.push(operation);
      waiting.push(done);
    },
  };
  const pace = new RecoveryPace({ validator, timers, status: () => node });
  pace.start();
  /** Everything asked is decided, each in a slot of its own. */
  const decide = () => {
    for (const done of waiting.splice(0)) {
      node.sequence++;
      done({ type: 'timeout' });
    }
  };
  return { timers, asked, node, pace, decide };
}

describe('a node that lost its disk in a quiet cluster', () => {
  it('asks for nothing while it remembers', () => {
    const { timers, asked } = quietNode(false);
    timers.run(60_000);
    expect(asked).toEqual([]);
  });

  it('asks for operations that change nothing, one at a time and each another', () => {
    const { timers, asked, decide } = quietNode(true);
    timers.run(10_000);
    expect(asked).toHaveLength(1);
    decide();
    timers.run(20_000);
    expect(asked).toHaveLength(2);
    for (const operation of asked) {
      expect(decodeOperation(operation)).toMatchObject({ ok: true, value: { type: 'nop' } });
    }
    expect(asked[0]).not.toEqual(asked[1]);
  });

  it('asks no longer when it votes again', () => {
    const { timers, asked, node, decide } = quietNode(true);
    timers.run(1_000);
    node.recovering = false;
    decide();
    timers.run(60_000);
    expect(asked).toHaveLength(1);
  });

  it('moves the log by two windows and no further: a view change comes of itself', () => {
    const { timers, asked, node, decide } = quietNode(true);
    for (let second = 1; second < 200; second++) {
      timers.run(second * 1_000);
      decide();
    }
    expect(node.sequence).toBe(40 + 128);
    expect(asked).toHaveLength(128);
  });

  it('leaves it to the others when they keep the log moving', () => {
    const { timers, asked, node, decide } = quietNode(true);
    timers.run(300);
    node.sequence += 200;
    decide();
    timers.run(60_000);
    expect(asked).toHaveLength(1);
  });

  it('is silent once it was stopped', () => {
    const { timers, asked, pace, decide } = quietNode(true);
    timers.run(300);
    pace.stop();
    decide();
    timers.run(60_000);
    expect(asked).toHaveLength(1);
  });
});

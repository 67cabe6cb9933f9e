import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { batchDigest } from '../../src/pbft/envelope.ts';
import { limits } from '../../src/pbft/limits.ts';
import type { Message, MessageOf } from '../../src/pbft/messages.ts';
import { Alone, sent } from './alone.ts';

const types = (messages: readonly Message[]) => messages.map(({ type }) => type);
const batch = [utf8('a')];

/** Ticks, from the first of eleven, at which the replica says where it stands. */
function speaksAt(alone: Alone): number[] {
  return Array.from({ length: 11 }, (_, i) => i + 1).filter(() =>
    types(sent(alone.step({ type: 'timeout', timer: 'status' }))).includes('status'),
  );
}

/** What the replica answers to `from`, which says for the second time where it stands. */
function answers(alone: Alone, from: number, where: Partial<MessageOf<'status'>> = {}): Message[] {
  const genesis = { epoch: 0, view: 0, active: true, stableCheckpoint: 0, executed: 0 };
  const status = { type: 'status', ...genesis, ...where } as const;
  alone.hear(from, status);
  return sent(alone.hear(from, status));
}

describe('a status (thesis §5.2)', () => {
  const always = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const now = [1, 6, 11];

  it('comes now and then from who has nothing to do, and that includes what it has done', () => {
    const alone = new Alone(1);
    expect(speaksAt(alone)).toEqual(now);
    const busy = new Alone(1);
    busy.step({
      type: 'receive',
      from: 0,
      message: { type: 'decided', certificate: busy.decided(1), batch },
    });
    expect(busy.state.lastExecuted).toBe(1);
    expect(speaksAt(busy)).toEqual(now);
  });

  it('comes at every tick from who waits for something', () => {
    const asked = new Alone(1);
    asked.request(utf8('a'));
    const open = new Alone(1);
    open.hear(0, { type: 'prePrepare', header: open.header(0, 1, batch), batch });
    const behind = new Alone(1);
    behind.hear(0, { type: 'stableCheckpoint', certificate: behind.checkpoint(4) });
    const between = new Alone(1);
    for (const by of [2, 3]) {
      between.hear(by, { type: 'viewChange', vote: between.viewChange(2, by) });
    }
    const lost = new Alone(1);
    lost.restart('lost');
    for (const alone of [asked, open, behind, between, lost]) {
      expect(speaksAt(alone)).toEqual(always);
    }
  });

  it('comes at every tick from who follows without a vote', () => {
    expect(speaksAt(new Alone(4, {}, { standbys: 1 }))).toEqual(always);
  });

  it('of a later view is a complaint about the one before', () => {
    const alone = new Alone(1);
    answers(alone, 2, { view: 0 });
    expect(alone.state.complaints.size).toBe(0);
    answers(alone, 2, { view: 3 });
    expect(alone.state.complaints.get(2)?.view).toBe(2);
  });
});

describe('who says that it lags', () => {
  it('is sent so many decisions at a time', () => {
    const alone = new Alone(1, { checkpointInterval: 64, logWindow: 128 });
    for (let sequence = 1; sequence <= limits.retransmittedSlots + 1; sequence++) {
      const certificate = alone.decided(sequence);
      alone.step({ type: 'receive', from: 0, message: { type: 'decided', certificate, batch } });
    }
    const sequences = answers(alone, 2).flatMap((message) =>
      message.type === 'decided' ? [message.certificate.header.statement.sequence] : [],
    );
    expect(sequences).toEqual(Array.from({ length: limits.retransmittedSlots }, (_, i) => i + 1));
  });

  it('is sent nothing that the replica does not have itself', () => {
    // No new view opened view 0, whoever claims to wait for one.
    expect(answers(new Alone(1), 2, { active: false })).toEqual([]);
    // No checkpoint was reached in this epoch yet.
    const fresh = new Alone(1, {}, { base: 8 });
    expect(answers(fresh, 2, { executed: 4, stableCheckpoint: 4 })).toEqual([]);
    // It has the vote of another for a checkpoint, and none of its own.
    const heard = new Alone(1);
    heard.hear(0, { type: 'checkpoint', vote: heard.say(heard.result(4), 0) });
    expect(answers(heard, 2)).toEqual([]);
    // It follows into a view that it did not ask for.
    const lost = new Alone(1);
    lost.restart('lost');
    for (const by of [2, 3]) {
      lost.hear(by, { type: 'viewChange', vote: lost.viewChange(2, by) });
    }
    expect(lost.state).toMatchObject({ view: 2, active: false });
    expect(answers(lost, 2)).toEqual([]);
  });

  it('is sent the stable checkpoint, or only votes where it has run that far', () => {
    const alone = new Alone(1);
    alone.restart([{ type: 'stable', certificate: alone.checkpoint(4) }]);
    const told = (where: Partial<MessageOf<'status'>>) => types(answers(alone, 2, where));
    expect(told({ executed: 3 })).toEqual(['stableCheckpoint']);
    expect(told({ executed: 4 })).toEqual([]);
    expect(told({ executed: 4, stableCheckpoint: 4 })).toEqual([]);
  });

  it('is sent votes of its own view only', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, batch), batch });
    expect(types(answers(alone, 3))).toEqual(['prepare']);
    expect(answers(alone, 3, { active: false })).toEqual([]);
    expect(answers(alone, 1, { view: 1 })).toEqual([]);
    alone.hear(1, { type: 'newView', vote: alone.newView(1) });
    expect(answers(alone, 0, { view: 1 })).toEqual([]);
    expect(types(answers(alone, 0))).toEqual(['newView']);
  });
});

describe('requests that a backup passes on', () => {
  it('are all of them where nothing moves, else new ones and the oldest', () => {
    const alone = new Alone(2);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => utf8(`request ${name}`)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const passed = () =>
      sent(alone.step({ type: 'timeout', timer: 'status' })).flatMap((message) =>
        message.type === 'request' ? [message.operation] : [],
      );
    const moves = (sequence: number, what: Uint8Array[]) => {
      const certificate = alone.decided(sequence, 0, what);
      const message = { type: 'decided', certificate, batch: what } as const;
      alone.step({ type: 'receive', from: 0, message });
    };
    alone.request(a);
    alone.request(b);
    expect(passed()).toEqual([a, b]);
    moves(1, [utf8('x')]);
    alone.request(c);
    expect(passed()).toEqual([a]);
    moves(2, [utf8('y')]);
    expect(passed()).toEqual([c, a]);
    expect(passed()).toEqual([a, b, c]);
    moves(3, [a, b]);
    expect(passed()).toEqual([c]);
    expect(alone.state.overdue.size).toBe(1);
  });

  it('wait as long as agreement takes where a slot is under way, for a second at the most', () => {
    /** Ticks until a request passes on, while a slot is under way; the one before took so many. */
    const passesAt = (agreementTicks: number, underWay = true) => {
      const alone = new Alone(2);
      const tick = () => types(sent(alone.step({ type: 'timeout', timer: 'status' })));
      const accept = (sequence: number) =>
        alone.hear(0, { type: 'prePrepare', header: alone.header(0, sequence, batch), batch });
      accept(1);
      for (let i = 0; i <= agreementTicks; i++) tick();
      const message = { type: 'decided', certificate: alone.decided(1), batch } as const;
      alone.step({ type: 'receive', from: 0, message });
      expect(alone.state.agreementTicks).toBe(agreementTicks);
      if (underWay) accept(2);
      alone.request(utf8('waits'));
      return [1, 2, 3, 4, 5, 6, 7, 8].find(() => tick().includes('request'));
    };
    // The tick after the last batch ran is one at which something moved.
    expect([0, 1, 3, 4, 100].map((ticks) => passesAt(ticks))).toEqual([2, 3, 5, 6, 6]);
    expect([0, 3, 100].map((ticks) => passesAt(ticks, false))).toEqual([2, 2, 2]);
  });
});

describe('a decision that comes from a peer', () => {
  const decided = (alone: Alone, sequence: number, what = batch) => {
    const certificate = alone.decided(sequence, 0, what);
    const message = { type: 'decided', certificate, batch: what } as const;
    return alone.step({ type: 'receive', from: 0, message });
  };

  it('may be that nothing happens there', () => {
    const alone = new Alone(2);
    decided(alone, 1, []);
    expect(alone.cluster.history(2)).toEqual(['1:null']);
  });

  it('is news once', () => {
    const alone = new Alone(2);
    expect(decided(alone, 2).map(({ type }) => type)).toEqual(['persist']);
    expect(decided(alone, 2)).toEqual([]);
  });
});

describe('who asks for a batch', () => {
  it('is sent it by who has it', () => {
    const alone = new Alone(2);
    const ask = { type: 'fetchBatch', batchDigest: batchDigest(batch) } as const;
    expect(sent(alone.hear(1, ask))).toEqual([]);
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, batch), batch });
    expect(sent(alone.hear(1, ask))).toEqual([{ type: 'batch', batch }]);
  });
});

describe('a complaint', () => {
  const complain = (alone: Alone, from: number, view: number) =>
    sent(alone.hear(from, { type: 'complaint', epoch: 0, view }));

  it('about a view that is past is settled', () => {
    const alone = new Alone(2);
    alone.hear(1, { type: 'newView', vote: alone.newView(1) });
    for (const from of [0, 1, 3]) expect(complain(alone, from, 0)).toEqual([]);
    expect(alone.state.complaints.size).toBe(0);
  });

  it('of one that is isolated counts for nothing', () => {
    const alone = new Alone(2);
    complain(alone, 3, 0);
    alone.step({ type: 'isolated', replicas: [3] });
    expect(complain(alone, 1, 0)).toEqual([]);
    expect(types(complain(alone, 0, 0))).toContain('complaint');
  });

  it('of one that follows without a vote counts for nothing', () => {
    const alone = new Alone(2, {}, { standbys: 2 });
    for (const from of [4, 5]) expect(complain(alone, from, 0)).toEqual([]);
    expect(alone.state.complaints.size).toBe(0);
  });
});

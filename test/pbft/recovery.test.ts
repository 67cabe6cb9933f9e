import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import type { JournalRecord } from '../../src/pbft/journal-record.ts';
import type { Message } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { Alone, accused, sent } from './alone.ts';
import { TestCluster } from './cluster.ts';

const types = (messages: readonly Message[]) => messages.map(({ type }) => type);
const batch = [utf8('a')];

describe('a replica that comes back', () => {
  it('goes on from its newest stable checkpoint, and leaves what lies below it', () => {
    const alone = new Alone(2);
    alone.restart([
      { type: 'stable', certificate: alone.checkpoint(4) },
      { type: 'accepted', header: alone.header(0, 3, batch), batch },
      { type: 'prepared', certificate: alone.prepared(3) },
      { type: 'decided', certificate: alone.decided(3), batch: null },
    ]);
    const { timestamp } = alone.result(4);
    const reached = { lastHanded: 4, lastExecuted: 4, lastTimestamp: timestamp, lastProposed: 4 };
    expect(alone.state).toMatchObject(reached);
    expect(alone.state.stable?.statement.sequence).toBe(4);
    expect([...alone.state.slots.keys()]).toEqual([]);
  });

  it('does not take the certificate of another epoch for a checkpoint of its own', () => {
    const alone = new Alone(2, {}, { base: 8 });
    alone.restart([{ type: 'stable', certificate: alone.checkpoint(8) }]);
    expect(alone.state.stable).toBeNull();
  });

  it('holds a late vote against the checkpoint that was certified before', () => {
    const alone = new Alone(2);
    alone.restart([{ type: 'stable', certificate: alone.checkpoint(4) }]);
    const vote = alone.say(alone.result(4, 'a lie'), 3);
    const effects = alone.hear(3, { type: 'checkpoint', vote });
    expect(accused(effects).map(({ type }) => type)).toEqual(['divergentResult']);
  });

  it('proposes above what its new view holds, though it had not accepted it yet', () => {
    const alone = new Alone(1);
    const headers = [alone.header(1, 1, batch)];
    const vote = alone.newView(1, headers, { prepared: [alone.prepared(1)] });
    alone.restart([{ type: 'enteredView', vote }]);
    expect(alone.state).toMatchObject({ view: 1, active: true, lastProposed: 1 });
    const [message] = sent(alone.request(utf8('b')));
    expect(message?.type === 'prePrepare' && message.header.statement.sequence).toBe(2);
  });

  it('is in the view that it left last, and commits to nothing of the one before', () => {
    const alone = new Alone(2);
    alone.restart([
      { type: 'leftView', vote: alone.viewChange(1, 2) },
      { type: 'accepted', header: alone.header(0, 1, batch), batch },
      { type: 'prepared', certificate: alone.prepared(1) },
    ]);
    expect(alone.state).toMatchObject({ view: 1, active: false });
    expect(alone.state.slots.get(1)).toMatchObject({ header: null, prepared: { header: {} } });
    expect(alone.state.slots.get(1)?.commits.size).toBe(0);
  });

  it('is in the view that it entered last, whatever it left before', () => {
    const alone = new Alone(2);
    alone.restart([
      { type: 'enteredView', vote: alone.newView(1) },
      { type: 'leftView', vote: alone.viewChange(1, 2) },
      { type: 'accepted', header: alone.header(0, 1, batch), batch },
      { type: 'prepared', certificate: alone.prepared(1) },
    ]);
    expect(alone.state).toMatchObject({ view: 1, active: true });
    const slot = alone.state.slots.get(1);
    expect([slot?.header, slot?.prepares.size, slot?.commits.size]).toEqual([null, 0, 0]);
  });

  it('has the votes of its view ready to be sent again', () => {
    const alone = new Alone(2);
    alone.restart([
      { type: 'accepted', header: alone.header(0, 1, batch), batch },
      { type: 'prepared', certificate: alone.prepared(1) },
    ]);
    const slot = alone.state.slots.get(1);
    expect([slot?.prepares.keys(), slot?.commits.keys()]).toEqual([[2], [2]]);
  });

  it('runs again what it learned decided, with the batch that came along', () => {
    const alone = new Alone(2);
    alone.restart([{ type: 'decided', certificate: alone.decided(1), batch }]);
    expect(alone.cluster.history(2)).toEqual(['1:a']);
  });

  it('makes no vote of what it accepted before its disk was lost', () => {
    const alone = new Alone(2);
    alone.restart([
      { type: 'recovering', until: { sequence: 8, view: 1 } },
      { type: 'accepted', header: alone.header(0, 1, batch), batch },
      { type: 'prepared', certificate: alone.prepared(1) },
    ]);
    const slot = alone.state.slots.get(1);
    expect([slot?.prepares.size, slot?.commits.size]).toEqual([0, 0]);
  });

  it('votes again at once where all that it may have signed is past', () => {
    const alone = new Alone(2);
    const records = (sequence: number, view: number): JournalRecord[] => [
      { type: 'stable', certificate: alone.checkpoint(8) },
      { type: 'enteredView', vote: alone.newView(2, [], { stable: alone.checkpoint(8) }) },
      { type: 'recovering', until: { sequence, view } },
    ];
    const recovers = (sequence: number, view: number) => {
      alone.restart(records(sequence, view));
      return alone.state.recovering === null;
    };
    expect([recovers(8, 2), recovers(9, 2), recovers(8, 3)]).toEqual([true, false, false]);
    const accepted = { type: 'accepted', header: alone.header(2, 9, batch), batch } as const;
    const backup = new Alone(3);
    backup.restart([...records(8, 2), accepted]);
    expect(backup.state.slots.get(9)?.prepares.keys()).toEqual([3]);
  });
});

describe('a replica that lost its disk', () => {
  const ask = (alone: Alone) => types(sent(alone.step({ type: 'timeout', timer: 'status' })));
  const answer = (alone: Alone, from: number, said: { executed?: number; view?: number } = {}) => {
    const nonce = alone.state.recovering?.nonce ?? 0;
    const stands = { epoch: 0, nonce, executed: 0, view: 0, ...said };
    return alone.hear(from, { type: 'replyStable', ...stands });
  };
  const lost = () => {
    const alone = new Alone(3);
    alone.restart('lost');
    return alone;
  };

  it('writes down that it did, and what it waits for', () => {
    const alone = new Alone(3);
    const kept = (effects: readonly Effect[]) =>
      effects.flatMap((effect) => (effect.type === 'persist' ? [effect.record] : []));
    expect(kept(alone.restart('lost'))).toEqual([{ type: 'recovering', until: null }]);
    const until = { sequence: 8, view: 1 };
    const found = [0, 1, 2].flatMap((from) => kept(answer(alone, from)));
    expect(found).toEqual([{ type: 'recovering', until }]);
  });

  it('asks at every tick where the others stand, until a quorum told it', () => {
    const alone = lost();
    expect(ask(alone)).toContain('queryStable');
    for (const from of [0, 1, 2]) answer(alone, from);
    expect(ask(alone)).not.toContain('queryStable');
  });

  it('waits for the furthest of a quorum, of whom each counts once, by its first word', () => {
    const alone = lost();
    answer(alone, 0, { executed: 3, view: 1 });
    answer(alone, 0, { executed: 8, view: 0 });
    answer(alone, 1, { executed: 1 });
    expect(alone.state.recovering?.until).toBeNull();
    answer(alone, 2);
    expect(alone.state.recovering?.until).toEqual({ sequence: 3 + 8, view: 1 + 1 });
    answer(alone, 1, { executed: 8, view: 1 });
    expect(alone.state.recovering?.until).toEqual({ sequence: 3 + 8, view: 1 + 1 });
  });

  it('waits no longer because of who answers later', () => {
    const cluster = new TestCluster(7, {}, idealScheme);
    cluster.crash(6);
    cluster.restart(6, 'lost');
    cluster.flight = [];
    const { state } = cluster.member(6).replica;
    const nonce = state.recovering?.nonce ?? 0;
    const answer = (from: number, executed: number) => {
      const message = { type: 'replyStable', epoch: 0, nonce, view: 0, executed } as const;
      cluster.deliver({ from, to: 6, message });
    };
    for (const from of [0, 1, 2, 3, 4]) answer(from, 0);
    answer(5, 4);
    expect(state.recovering?.until).toEqual({ sequence: 8, view: 1 });
  });

  it('hears no boast: nobody is further than a window or a view from what is certain', () => {
    const alone = lost();
    answer(alone, 0, { executed: 9 });
    answer(alone, 0, { view: 2 });
    expect(alone.state.recovering?.heard.size).toBe(0);
    answer(alone, 0, { executed: 8, view: 1 });
    expect(alone.state.recovering?.heard.size).toBe(1);
  });

  it('hears no boast about the view behind the one that it waits for', () => {
    const alone = lost();
    for (const by of [1, 2]) {
      alone.hear(by, { type: 'viewChange', vote: alone.viewChange(1, by) });
    }
    expect(alone.state).toMatchObject({ view: 1, active: false });
    answer(alone, 0, { view: 2 });
    expect(alone.state.recovering?.heard.size).toBe(0);
    answer(alone, 0, { view: 1 });
    expect(alone.state.recovering?.heard.size).toBe(1);
  });

  it('hears members of this epoch only, and not itself', () => {
    const alone = lost();
    for (const from of [3, 4, 5]) answer(alone, from);
    alone.hear(0, {
      type: 'replyStable',
      epoch: 1,
      nonce: alone.state.recovering?.nonce ?? 0,
      executed: 0,
      view: 0,
    });
    expect(alone.state.recovering?.heard.size).toBe(0);
  });

  it('is no witness for another; one that lost nothing is, in its own epoch', () => {
    const query = { type: 'queryStable', epoch: 0, nonce: 7 } as const;
    expect(sent(lost().hear(1, query))).toEqual([]);
    const witness = new Alone(2);
    expect(sent(witness.hear(1, { ...query, epoch: 1 }))).toEqual([]);
    const said = { epoch: 0, nonce: 7, view: 0, executed: 0 };
    expect(sent(witness.hear(1, query))).toEqual([{ type: 'replyStable', ...said }]);
    expect(witness.hear(0, { type: 'replyStable', ...said })).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { createReplica } from '../../src/pbft/create.ts';
import { holdingsOf } from '../../src/pbft/holdings.ts';
import { Alone, sent } from './alone.ts';

const batch = [utf8('a')];

/** What the replica tells when it learns that this was decided: replies and checkpoint votes. */
function tells(alone: Alone, sequence: number, what = batch): string[] {
  const certificate = alone.decided(sequence, 0, what);
  const message = { type: 'decided', certificate, batch: what } as const;
  return alone.step({ type: 'receive', from: 0, message }).flatMap((effect) => {
    if (effect.type === 'reply') return ['reply'];
    return effect.type === 'send' ? [effect.message.type] : [];
  });
}

describe('a batch that ran', () => {
  it('is voted on for clients that wait, and for checkpoints, each where there is one', () => {
    const alone = new Alone(2);
    expect(tells(alone, 1)).toEqual(['reply']);
    expect(tells(alone, 2, [])).toEqual([]);
    expect(tells(alone, 3)).toEqual(['reply']);
    expect(tells(alone, 4, [])).toEqual(['checkpoint']);
    for (const sequence of [5, 6, 7]) tells(alone, sequence);
    expect(tells(alone, 8)).toEqual(['reply', 'checkpoint']);
  });

  it('brings the timeouts down again, if it held something, and in a view that works', () => {
    const alone = new Alone(3);
    for (const by of [0, 1]) {
      alone.hear(by, { type: 'viewChange', vote: alone.viewChange(2, by) });
    }
    expect(alone.state).toMatchObject({ view: 2, active: false, backoff: 1 });
    tells(alone, 1);
    expect(alone.state.backoff).toBe(1);
    alone.hear(2, { type: 'newView', vote: alone.newView(2) });
    tells(alone, 2, []);
    expect(alone.state.backoff).toBe(1);
    tells(alone, 3);
    expect(alone.state.backoff).toBe(0);
    tells(alone, 4);
    expect(alone.state.backoff).toBe(0);
  });
});

describe('a timeout that had doubled', () => {
  /** The replica in view 1, after a batch that took so many status ticks from header to result. */
  const ranAfter = (ticks: number, parameters = {}) => {
    const alone = new Alone(3, parameters);
    for (const by of [0, 1]) {
      alone.hear(by, { type: 'viewChange', vote: alone.viewChange(1, by) });
    }
    alone.hear(1, { type: 'newView', vote: alone.newView(1) });
    alone.hear(1, { type: 'prePrepare', header: alone.header(1, 1, batch), batch });
    expect(alone.state).toMatchObject({ active: true, backoff: 1 });
    for (let tick = 0; tick < ticks; tick++) alone.step({ type: 'timeout', timer: 'status' });
    tells(alone, 1);
    return alone;
  };

  it('is halved by a batch if two of them fit into the half', () => {
    const { requestTimeoutMs, statusIntervalMs } = new Alone(3).cluster.parameters;
    // A batch between two ticks of so many intervals takes one more at the most.
    const ticks = Math.floor(requestTimeoutMs / 2 / statusIntervalMs) - 1;
    expect(ranAfter(0).state.backoff).toBe(0);
    expect(ranAfter(ticks).state.backoff).toBe(0);
    expect(ranAfter(ticks + 1).state.backoff).toBe(1);
  });

  it('is halved where they just fit', () => {
    // A batch that is there between two ticks counts as two intervals.
    const statusIntervalMs = 200;
    expect(ranAfter(0, { statusIntervalMs, requestTimeoutMs: 800 }).state.backoff).toBe(0);
    expect(ranAfter(0, { statusIntervalMs, requestTimeoutMs: 799 }).state.backoff).toBe(1);
  });

  it('is never shorter than it was at first, however quick batches are', () => {
    const alone = new Alone(3, { requestTimeoutMs: 60_000 });
    tells(alone, 1);
    expect(alone.state.backoff).toBe(0);
  });

  it('stays where it does not, and comes down when batches are quick again', () => {
    const alone = ranAfter(100);
    tells(alone, 2);
    expect(alone.state.backoff).toBe(1);
    alone.hear(1, { type: 'prePrepare', header: alone.header(1, 3, batch), batch });
    tells(alone, 3);
    expect(alone.state.backoff).toBe(0);
  });
});

describe('the first input of a replica', () => {
  it('starts the periodic status, and that is all', () => {
    const { cluster } = new Alone(2);
    const replica = createReplica(cluster.options(2));
    expect(replica.behindBase()).toBe(false);
    const effects = replica.step({ type: 'recovered', records: [] }, cluster.nowMs);
    const { statusIntervalMs: afterMs } = cluster.parameters;
    expect(effects).toEqual([{ type: 'setTimer', timer: 'status', afterMs }]);
  });
});

describe('a request that a backup passes on', () => {
  it('is worth nothing behind a long queue', () => {
    const alone = new Alone(2);
    alone.request(utf8('a'));
    const effects = alone.step({ type: 'timeout', timer: 'status' });
    const relayed = effects.filter((e) => e.type === 'send' && e.message.type === 'request');
    expect(relayed).toMatchObject([{ to: 0, again: true }]);
  });
});

describe('who lost its disk and is past the slots that it forgot', () => {
  const past = (alone: Alone, view: number) => {
    alone.restart([
      { type: 'stable', certificate: alone.checkpoint(8) },
      { type: 'recovering', until: { sequence: 8, view } },
    ]);
    return alone;
  };
  const follows = (alone: Alone, view: number) =>
    [0, 1].flatMap((by) =>
      sent(alone.hear(by, { type: 'viewChange', vote: alone.viewChange(view, by) })).map(
        ({ type }) => type,
      ),
    );

  it('signs view changes for views that it cannot have left, and no others', () => {
    const alone = past(new Alone(2), 3);
    expect(follows(alone, 2)).toEqual([]);
    expect(alone.state.view).toBe(2);
    expect(follows(alone, 3)).toEqual(['viewChange']);
  });

  it('signs none where it follows without a vote', () => {
    const alone = past(new Alone(4, {}, { standbys: 1 }), 1);
    expect(follows(alone, 2)).toEqual([]);
    expect(alone.state.view).toBe(2);
  });
});

describe('what a replica keeps', () => {
  it('is counted by kind', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, batch), batch });
    const named = { view: 0, sequence: 1, headerDigest: '00'.repeat(32) };
    for (const by of [1, 3]) {
      alone.hear(by, { type: 'commit', vote: alone.say({ type: 'commit', ...named }, by) });
    }
    for (const sequence of [4, 8]) {
      const vote = alone.say(alone.result(sequence), 1);
      alone.hear(1, { type: 'checkpoint', vote });
    }
    const vote = alone.say(alone.result(4), 3);
    alone.hear(3, { type: 'checkpoint', vote });
    const kept = { slots: 1, slotVotes: 3, batches: 1, proposed: 1, checkpointVotes: 3 };
    expect(holdingsOf(alone.state)).toMatchObject(kept);
  });
});

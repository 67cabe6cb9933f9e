import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { headerDigest } from '../../src/pbft/envelope.ts';
import type { Envelope, PrePrepare } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { Alone, accused, sent } from './alone.ts';

const [batch, other] = [[utf8('a')], [utf8('b')]];

function prepare(alone: Alone, header: Envelope<PrePrepare>, by: number): readonly Effect[] {
  const { view, sequence } = header.statement;
  const named = { view, sequence, headerDigest: headerDigest(header) };
  const vote = alone.say({ type: 'prepare', ...named }, by);
  return alone.hear(by, { type: 'prepare', vote, header });
}

function commit(alone: Alone, view: number, by: number, digest = '00'): readonly Effect[] {
  const named = { view, sequence: 1, headerDigest: digest.repeat(32) };
  return alone.hear(by, { type: 'commit', vote: alone.say({ type: 'commit', ...named }, by) });
}

function change(alone: Alone, view: number, by: number, claim = {}): readonly Effect[] {
  return alone.hear(by, { type: 'viewChange', vote: alone.viewChange(view, by, claim) });
}

const heldViews = (alone: Alone) =>
  [...alone.state.viewChanges.values()].map(({ statement }) => statement.view);

describe('a primary that was caught in the act', () => {
  it('is a matter of its view: nobody thinks of it when the next one opens', () => {
    const alone = new Alone(2);
    for (const proposed of [batch, other]) {
      alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, proposed), batch: proposed });
    }
    expect([...alone.state.convicted]).toEqual([0]);
    expect(alone.state).toMatchObject({ view: 1, active: false });
    alone.hear(1, { type: 'newView', vote: alone.newView(1) });
    expect(alone.state).toMatchObject({ view: 1, active: true });
    expect([...alone.state.convicted]).toEqual([]);
  });
});

describe('a view change (§4.4)', () => {
  it('tells what prepared by sequence, in whatever order it did', () => {
    const alone = new Alone(2);
    for (const sequence of [2, 1]) {
      const header = alone.header(0, sequence, batch);
      alone.hear(0, { type: 'prePrepare', header, batch });
      prepare(alone, header, 1);
      prepare(alone, header, 3);
    }
    for (const by of [1, 3]) change(alone, 1, by);
    const told = sent([...change(alone, 2, 0), ...change(alone, 2, 1), ...change(alone, 2, 3)]);
    const own = told.find((message) => message.type === 'viewChange');
    const prepared = own?.type === 'viewChange' ? own.vote.statement.prepared : [];
    expect(prepared.map(({ header }) => header.statement.sequence)).toEqual([1, 2]);
  });

  it('by the replica itself comes from nobody else', () => {
    const alone = new Alone(2);
    alone.hear(1, { type: 'viewChange', vote: alone.viewChange(1, 2) });
    expect(heldViews(alone)).toEqual([]);
  });

  it('for a view that is past, or that is this one, is not kept', () => {
    const alone = new Alone(3);
    alone.hear(2, { type: 'newView', vote: alone.newView(2) });
    change(alone, 1, 0);
    change(alone, 2, 0);
    expect(heldViews(alone)).toEqual([]);
  });

  it('counts as its sender gave it first', () => {
    const alone = new Alone(3);
    change(alone, 2, 1);
    change(alone, 2, 1, { stable: alone.checkpoint(4) });
    expect(alone.state.viewChanges.get(1)?.statement.stable).toBeNull();
  });

  it('for a later view, by f+1, is joined, whoever else waits for this one', () => {
    const alone = new Alone(3);
    for (const by of [0, 1]) change(alone, 2, by);
    expect(alone.state.view).toBe(2);
    change(alone, 4, 1);
    expect(alone.state.view).toBe(2);
    change(alone, 5, 2);
    expect(alone.state.view).toBe(4);
  });

  it('is forgotten with its view, and not before', () => {
    const alone = new Alone(3);
    change(alone, 2, 0);
    change(alone, 3, 1);
    expect(alone.state).toMatchObject({ view: 2, active: false });
    alone.hear(2, { type: 'newView', vote: alone.newView(2) });
    expect(heldViews(alone)).toEqual([3]);
  });

  it('is a complaint as well, which is forgotten when a later view is entered', () => {
    const alone = new Alone(3);
    change(alone, 2, 0);
    alone.hear(1, { type: 'complaint', epoch: 0, view: 2 });
    alone.hear(2, { type: 'newView', vote: alone.newView(2) });
    expect([...alone.state.complaints.keys()]).toEqual([1]);
  });

  it('is not made because of a timer that was stopped', () => {
    const alone = new Alone(2);
    expect(alone.step({ type: 'timeout', timer: 'viewChange' })).toEqual([]);
    expect(alone.state.view).toBe(0);
  });

  it('may follow for who waits out its lost disk in the view before', () => {
    const alone = new Alone(3);
    const certificate = alone.checkpoint(8);
    alone.restart([
      { type: 'stable', certificate },
      { type: 'enteredView', vote: alone.newView(1, [], { stable: certificate }) },
      { type: 'recovering', until: { sequence: 8, view: 2 } },
    ]);
    const effects = alone.request(utf8('a'));
    expect(effects).toMatchObject([{ type: 'setTimer', timer: 'request' }]);
  });
});

describe('a primary that was caught once', () => {
  it('is left at once when it lies again in a later view', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, batch), batch });
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, other), batch: other });
    expect(alone.state.view).toBe(1);
    alone.hear(0, { type: 'newView', vote: alone.newView(4) });
    alone.hear(0, { type: 'prePrepare', header: alone.header(4, 1, batch), batch });
    expect(alone.state).toMatchObject({ view: 4, active: true });
    const effects = prepare(alone, alone.header(4, 1, other), 3);
    expect(accused(effects)).toEqual([]); // told already
    expect(alone.state).toMatchObject({ view: 5, active: false });
  });
});

describe('what a replica signed in the view before', () => {
  /** It goes on to view 1, where the slot is used again. */
  const goOn = (alone: Alone) => {
    alone.hear(1, { type: 'newView', vote: alone.newView(1) });
    commit(alone, 1, 1);
  };

  it('convicts it when it contradicts itself late, be it header, prepare or commit', () => {
    const follower = new Alone(4, {}, { standbys: 1 });
    follower.hear(0, { type: 'prePrepare', header: follower.header(0, 1, batch), batch });
    goOn(follower);
    const second = { header: follower.header(0, 1, other), batch: other };
    const header = follower.hear(0, { type: 'prePrepare', ...second });

    const quoted = new Alone(2);
    const forged = { ...quoted.header(0, 1, batch), signature: new Uint8Array(64) };
    prepare(quoted, forged, 3);
    goOn(quoted);
    const prepares = prepare(quoted, quoted.header(0, 1, other), 3);

    const committed = new Alone(2);
    commit(committed, 0, 3, '00');
    goOn(committed);
    const commits = commit(committed, 0, 3, '11');
    const found = [header, prepares, commits].map((effects) => accused(effects)[0]?.type);
    expect(found).toEqual(['conflictingPrePrepare', 'conflictingPrepare', 'conflictingCommit']);
  });

  it('is kept where there is something, and only for the view before', () => {
    const nothing = new Alone(2);
    nothing.hear(0, { type: 'decided', certificate: nothing.decided(2), batch });
    nothing.hear(1, { type: 'newView', vote: nothing.newView(1) });
    const named = { view: 1, sequence: 2, headerDigest: '00'.repeat(32) };
    nothing.hear(1, { type: 'commit', vote: nothing.say({ type: 'commit', ...named }, 1) });
    expect(nothing.state.aside.size).toBe(0);
    const far = new Alone(2);
    commit(far, 0, 3);
    far.hear(3, { type: 'newView', vote: far.newView(3) });
    commit(far, 3, 1);
    expect(far.state.aside.size).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { rememberedCheckpoints } from '../../src/pbft/checkpoint.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { Alone, accused } from './alone.ts';
import { TestCluster } from './cluster.ts';
import { Latecomer } from './latecomer.ts';

const batch = [utf8('a')];

function vote(alone: Alone, sequence: number, by: number): readonly Effect[] {
  return alone.hear(by, { type: 'checkpoint', vote: alone.say(alone.result(sequence), by) });
}

function certified(alone: Alone, sequence: number, by = 0): readonly Effect[] {
  return alone.hear(by, { type: 'stableCheckpoint', certificate: alone.checkpoint(sequence) });
}

function decide(alone: Alone, sequence: number): void {
  const certificate = alone.decided(sequence);
  alone.step({ type: 'receive', from: 0, message: { type: 'decided', certificate, batch } });
}

/** A replica that came back to a stable checkpoint at 4. */
function atFour(): Alone {
  const alone = new Alone(2);
  alone.restart([{ type: 'stable', certificate: alone.checkpoint(4) }]);
  return alone;
}

describe('a checkpoint vote (§4.3)', () => {
  it('is kept from a window below the watermarks to a window above them', () => {
    const alone = new Alone(2);
    alone.restart([{ type: 'stable', certificate: alone.checkpoint(12) }]);
    for (const sequence of [0, 4, 28, 32]) vote(alone, sequence, 1);
    expect([...alone.state.checkpointVotes.keys()]).toEqual([4, 28]);
  });

  it('is forgotten when the watermark is a window beyond it', () => {
    const alone = atFour();
    for (const sequence of [4, 8, 12]) vote(alone, sequence, 1);
    const { logWindow } = alone.cluster.parameters;
    const far = 8 + logWindow;
    alone.restart([{ type: 'stable', certificate: alone.checkpoint(4) }]);
    for (const sequence of [4, 8, 12]) vote(alone, sequence, 1);
    expect([...alone.state.checkpointVotes.keys()]).toEqual([4, 8, 12]);
    for (let sequence = 5; sequence <= far; sequence++) {
      if (sequence % 4 === 0) certified(alone, sequence);
      decide(alone, sequence);
    }
    expect(alone.state.checkpointVotes.has(4)).toBe(false);
    expect([...alone.state.checkpointVotes.keys()].slice(0, 2)).toEqual([8, 12]);
  });

  it('makes a certificate with a quorum, though one was seen in a new view before', () => {
    const alone = new Alone(3);
    alone.hear(2, { type: 'newView', vote: alone.newView(2) });
    const stable = alone.checkpoint(4);
    alone.hear(1, { type: 'newView', vote: alone.newView(1, [], { stable }) });
    expect(alone.state.ahead).toBeNull();
    for (const by of [0, 1, 2]) vote(alone, 4, by);
    expect(alone.state.ahead?.statement.sequence).toBe(4);
  });
});

describe('a certificate of a checkpoint', () => {
  it('is remembered for votes that come late, so many of them', () => {
    const alone = new Alone(2);
    for (let i = 1; i <= rememberedCheckpoints + 1; i++) certified(alone, 4 * i);
    expect([...alone.state.certified.keys()]).toHaveLength(rememberedCheckpoints);
    expect(alone.state.certified.has(4)).toBe(false);
    const lie = alone.say(alone.result(8, 'a lie'), 3);
    const effects = alone.hear(3, { type: 'checkpoint', vote: lie });
    expect(accused(effects).map(({ type }) => type)).toEqual(['divergentResult']);
  });

  it('that is no news is not even looked at', () => {
    const alone = atFour();
    const certificate = { ...alone.checkpoint(4), votes: [] };
    expect(alone.hear(0, { type: 'stableCheckpoint', certificate })).toEqual([]);
  });

  it('shows how far the others are, and an older one does not take that back', () => {
    const alone = new Alone(2);
    certified(alone, 8);
    certified(alone, 4);
    expect(alone.state.ahead?.statement.sequence).toBe(8);
  });

  it('is stable where this replica has run as far, and once it has', () => {
    const ran = new Alone(2);
    for (let sequence = 1; sequence <= 4; sequence++) decide(ran, sequence);
    certified(ran, 4);
    expect(ran.state.stable?.statement.sequence).toBe(4);
    const behind = new Alone(2);
    for (let sequence = 1; sequence <= 3; sequence++) decide(behind, sequence);
    certified(behind, 4);
    expect(behind.state.stable).toBeNull();
    decide(behind, 4);
    expect(behind.state.stable?.statement.sequence).toBe(4);
    expect(behind.state.ahead).toBeNull();
  });

  it('becomes stable without hiding that the others are further', () => {
    const alone = new Alone(2);
    certified(alone, 8);
    for (let sequence = 1; sequence <= 4; sequence++) decide(alone, sequence);
    certified(alone, 4, 1);
    expect(alone.state.stable?.statement.sequence).toBe(4);
    expect(alone.state.ahead?.statement.sequence).toBe(8);
  });

  it('of a state that was fetched is where its primary goes on', () => {
    const world = new TestCluster(4, {}, idealScheme);
    const alone = new Alone(3);
    const late = new Latecomer(world, 1);
    late.hear(0, { type: 'stableCheckpoint', certificate: alone.checkpoint(4) });
    late.timeout('status');
    late.answer();
    late.step({ type: 'installed', sequence: 4, ok: true });
    expect(late.replica.state).toMatchObject({ lastExecuted: 4, lastProposed: 4 });
  });

  it('at which the epoch begins is no checkpoint of the epoch itself', () => {
    const world = new TestCluster(4, {}, idealScheme, { base: 8, behind: 3 });
    const late = new Latecomer(world, 1);
    expect(late.replica.behindBase()).toBe(true);
    late.answer();
    const installed = { type: 'installed', sequence: 8, ok: true } as const;
    const effects = late.replica.step(installed, world.nowMs);
    // The state is on disk, and the journal says so.
    expect(effects.map(({ type }) => type)).toEqual(['persist', 'stable']);
    expect(late.replica.state).toMatchObject({ stable: null, lastExecuted: 8, transfer: null });
    expect(late.replica.behindBase()).toBe(false);
  });

  it('at which the epoch begins is fetched by nobody who has that state', () => {
    const alone = new Alone(3, {}, { base: 8 });
    expect(alone.state).toMatchObject({ transfer: null, lastExecuted: 8 });
  });
});

describe('a batch (§4.3)', () => {
  it('is forgotten with the last sequence at which a header put it', () => {
    const alone = new Alone(2);
    const twice = [utf8('twice')];
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 6, twice), batch: twice });
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 2, twice), batch: twice });
    for (const sequence of [1, 3, 4]) decide(alone, sequence);
    const certificate = alone.decided(2, 0, twice);
    const message = { type: 'decided', certificate, batch: twice } as const;
    alone.step({ type: 'receive', from: 0, message });
    expect(alone.state.batches.size).toBe(2);
    certified(alone, 4);
    expect(alone.state.stable?.statement.sequence).toBe(4);
    expect([...alone.state.batches.values()]).toEqual([{ sequence: 6, operations: twice }]);
  });
});

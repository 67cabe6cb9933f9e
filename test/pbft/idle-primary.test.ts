import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { Alone, sent } from './alone.ts';
import { type InFlight, TestCluster } from './cluster.ts';

const cluster = () => new TestCluster(4, {}, idealScheme);

/** Status ticks of `replica`, whose words are lost, until it complains; at most so many. */
function ticksUntilComplaint(world: TestCluster, replica: number, most = 40): number {
  for (let ticks = 1; ticks <= most; ticks++) {
    world.fire(replica, 'status');
    const said = world.flight.splice(0);
    if (said.some(({ message }) => message.type === 'complaint')) return ticks;
  }
  return Number.POSITIVE_INFINITY;
}

/** Gives the messages in flight to `to` that are of this type, and loses the others. */
function deliverOnly(world: TestCluster, to: number, type: InFlight['message']['type']): void {
  const wanted = world.flight.splice(0).filter((flown) => {
    return flown.to === to && flown.message.type === type;
  });
  for (const flown of wanted) world.deliver(flown);
  world.flight = [];
}

describe('a backup whose primary proposes nothing', () => {
  it('complains when a request waited for three ticks, after the one that noted it', () => {
    const world = cluster();
    world.request('a', [2]);
    world.flight = [];
    expect(ticksUntilComplaint(world, 2)).toBe(4);
  });

  it('has no complaint where nothing waits, nor against itself', () => {
    const world = cluster();
    expect(ticksUntilComplaint(world, 2)).toBe(Number.POSITIVE_INFINITY);
    world.request('a', [0]);
    world.flight = [];
    expect(ticksUntilComplaint(world, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('begins anew with every header', () => {
    const world = cluster();
    world.request('a', [2]);
    world.flight = [];
    expect(ticksUntilComplaint(world, 2, 3)).toBe(Number.POSITIVE_INFINITY);
    world.request('b', [0]);
    deliverOnly(world, 2, 'prePrepare');
    expect(ticksUntilComplaint(world, 2)).toBe(4);
  });

  it('begins anew in the next view', () => {
    const world = cluster();
    world.request('a', [2]);
    world.flight = [];
    expect(ticksUntilComplaint(world, 2, 3)).toBe(Number.POSITIVE_INFINITY);
    for (const replica of [0, 1, 3]) world.fire(replica, 'status');
    world.flight = [];
    world.request('b', [1, 3]);
    world.flight = [];
    for (const replica of [1, 3]) world.fire(replica, 'request');
    const lost = ({ message }: InFlight) => message.type !== 'prePrepare';
    world.settle(lost);
    expect(world.member(2).replica.state).toMatchObject({ view: 1, active: true, backoff: 1 });
    // The last view led nowhere: this one has twice the time.
    expect(ticksUntilComplaint(world, 2)).toBe(6);
  });

  it('is judged at every tick that is no more than half an interval late', () => {
    const world = cluster();
    world.request('a', [2]);
    world.flight = [];
    for (let ticks = 1; ticks <= 4; ticks++) {
      world.nowMs += 1.5 * world.parameters.statusIntervalMs;
      expect(ticksUntilComplaint(world, 2, 1)).toBe(ticks === 4 ? 1 : Number.POSITIVE_INFINITY);
    }
  });

  it('judges nobody at a tick that comes late itself', () => {
    const world = cluster();
    world.request('a', [2]);
    world.flight = [];
    expect(ticksUntilComplaint(world, 2, 3)).toBe(Number.POSITIVE_INFINITY);
    world.nowMs += 1.5 * world.parameters.statusIntervalMs + 1;
    expect(ticksUntilComplaint(world, 2)).toBe(1 + 3);
  });

  it('has as much patience as agreement takes among the others', () => {
    const world = cluster();
    world.request('a', [0]);
    const [proposal, ...rest] = world.flight.filter(({ to }) => to === 2);
    world.deliver(proposal as InFlight);
    // From header to result at least two whole ticks.
    for (let tick = 0; tick < 3; tick++) world.fire(2, 'status');
    expect(rest).toEqual([]);
    world.settle();
    expect(world.member(2).executed).toHaveLength(1);
    world.request('b', [2]);
    world.flight = [];
    expect(ticksUntilComplaint(world, 2)).toBe(3 + 4 * 2 + 1);
  });
});

describe('the patience with a primary', () => {
  const tick = (alone: Alone) => sent(alone.step({ type: 'timeout', timer: 'status' }));
  const decided = (alone: Alone, sequence: number, operation: Uint8Array) => {
    const batch = [operation];
    const certificate = alone.decided(sequence, 0, batch);
    alone.step({
      type: 'receive',
      from: 1,
      message: { type: 'decided', certificate, batch },
    });
  };

  it('is that of a backup: a primary whose own requests wait for room has no complaint', () => {
    const alone = new Alone(0, { pipelineDepth: 1 });
    for (const name of ['a', 'b']) alone.request(utf8(name));
    expect(alone.state.unproposed.size).toBe(1);
    const said = Array.from({ length: 12 }, () => tick(alone)).flat();
    expect(said.map(({ type }) => type)).not.toContain('complaint');
  });

  it('ends for the request that still waits, whatever ran in the meantime', () => {
    const alone = new Alone(2);
    for (const name of ['gone', 'waits']) alone.request(utf8(name));
    for (let i = 0; i < 3; i++) tick(alone);
    decided(alone, 1, utf8('gone'));
    expect(tick(alone).map(({ type }) => type)).toContain('complaint');
  });

  it('is measured by batches whose header was seen here', () => {
    const alone = new Alone(2);
    for (let i = 0; i < 5; i++) tick(alone);
    decided(alone, 1, utf8('a'));
    expect(alone.state.agreementTicks).toBe(0);
    const batch = [utf8('b')];
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 2, batch), batch });
    for (let i = 0; i < 4; i++) tick(alone);
    decided(alone, 2, utf8('b'));
    expect(alone.state.agreementTicks).toBe(3);
  });
});

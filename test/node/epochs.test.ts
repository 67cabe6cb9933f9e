import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { isolateOperation } from '../../src/ledger/operation.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { encodeEvidence } from '../../src/pbft/evidence-codec.ts';
import type { Commit, Envelope } from '../../src/pbft/messages.ts';
import { chainId, NodeWorld, parameters, signerOf } from './world.ts';

const everyone = [1, 2, 3, 4];

/** One liar, one standby: until the standby votes on all of `processes`. */
function promoted(processes = everyone, world = new NodeWorld({ villains: { 0: 'equivocate' } })) {
  world.start();
  world.load(40);
  awaitEpoch(world, 1, processes);
  return world;
}

function awaitEpoch(world: NodeWorld, epoch: number, processes: readonly number[]): void {
  const there = () => processes.every((process) => world.host(process).seat?.epoch === epoch);
  world.run(5000, there);
  expect(processes.map((process) => world.host(process).seat?.epoch)).toEqual(
    processes.map(() => epoch),
  );
}

/** All of them executed the same, up to now. */
function expectOneState(world: NodeWorld, processes: readonly number[], epoch = 1): void {
  const standings = world.standings(processes);
  const [first] = standings;
  expect(standings).toEqual(processes.map(() => ({ ...first, epoch })));
  expect(first?.digest).not.toBe('');
}

function expectNobodyBlamed(world: NodeWorld, processes: readonly number[], guilty = [0]): void {
  const blamed = processes.flatMap((process) => {
    const { accused, struck, refused } = world.host(process);
    const links = refused.map(({ from }) => Number(from.replace('replica-', '')));
    return [...accused, ...struck.map((strike) => strike.process), ...links];
  });
  expect(blamed.filter((process) => !guilty.includes(process))).toEqual([]);
}

describe('isolation', () => {
  test('takes effect at one sequence on all, and a standby votes above the checkpoint', () => {
    const world = promoted();
    for (const process of [1, 2, 3]) {
      expect(world.host(process).isolated).toEqual([0]);
      expect(world.host(process).isolatedAt).toBe(world.host(1).isolatedAt);
    }
    const decidedAt = world.host(1).isolatedAt as number;
    const { checkpointInterval: k, logWindow } = parameters;
    const base = Math.ceil((decidedAt + logWindow) / k) * k;
    const entered = everyone.map((process) => world.host(process).entered.at(-1));
    expect(entered).toEqual([1, 2, 3, 0].map((index) => ({ epoch: 1, base, index })));
    world.load(20);
    world.run(1000);
    expectOneState(world, everyone);
    expectNobodyBlamed(world, everyone);
  });

  test('calls the promoted at once, before it asks by itself', () => {
    const world = promoted();
    const first = Math.min(...[1, 2, 3].map((process) => world.host(process).enteredAtMs));
    const oneTrip = 3;
    expect(world.host(4).enteredAtMs - first).toBeLessThanOrEqual(oneTrip);
  });

  test('needs no further request to bring the standby in', () => {
    const world = new NodeWorld({ villains: { 0: 'equivocate' } }).start();
    world.load(2);
    awaitEpoch(world, 1, everyone);
    expectNobodyBlamed(world, everyone);
  });

  test('leaves a cluster that tolerates another fault', () => {
    const world = promoted();
    world.crash(3);
    const before = world.host(1).executed;
    world.load(20);
    world.run(4000);
    expectOneState(world, [1, 2, 4]);
    expect(world.host(1).executed).toBeGreaterThan(before);
    expectNobodyBlamed(world, [1, 2, 4]);
  });

  test('without a standby the place stays empty and a further crash stops the cluster', () => {
    const world = new NodeWorld({ standby: 0, villains: { 0: 'equivocate' } }).start();
    world.load(40);
    world.run(1000);
    expect(world.host(1)).toMatchObject({ isolated: [0], seat: { epoch: 0 } });
    world.crash(3);
    const before = world.host(1).executed;
    world.load(20);
    world.run(4000);
    expect(world.host(1).executed - before).toBeLessThan(parameters.pipelineDepth);
  });

  test('a second liar is caught in the second epoch, and a second standby takes over', () => {
    const world = twice();
    awaitEpoch(world, 2, [2, 3, 4, 5]);
    world.load(20);
    world.run(1000);
    expectOneState(world, [2, 3, 4, 5], 2);
    expect([2, 3, 4, 5].map((process) => world.host(process).isolated)).toEqual(
      new Array(4).fill([0, 1]),
    );
    expectNobodyBlamed(world, [2, 3, 4, 5], [0, 1]);
  });

  test('the expelled are not listened to any more', () => {
    const world = promoted();
    const before = world.host(1).refused.length;
    world.inject(0, 1, { type: 'batch', batch: [] });
    world.tap = [];
    world.inject(0, 1, { type: 'fetchState', sequence: world.host(1).executed, chunk: 0 });
    world.run(50);
    expect(world.tap.filter(({ to }) => to === 'replica-0')).toEqual([]);
    expect(world.host(1).refused).toHaveLength(before);
  });
});

/** Two commits of epoch 0 that contradict each other, under the key of who was `replica` then. */
function oldLie(replica: number): Uint8Array {
  const [first, second] = ['a', 'b'].map((text) => {
    const headerDigest = digest('test/header', utf8(text));
    const commit = { type: 'commit', view: 0, sequence: 1, headerDigest } as const;
    return seal(commit, replica, signerOf(replica), chainId);
  }) as [Envelope<Commit>, Envelope<Commit>];
  const evidence = { type: 'conflictingCommit', accused: replica, first, second } as const;
  return isolateOperation(encodeEvidence(evidence));
}

describe('a lie of the epoch before', () => {
  test('convicts who still has its place, on all alike, whether they began anew or not', () => {
    const world = promoted();
    world.crash(1);
    world.restart(1);
    world.run(500);
    world.request(oldLie(2));
    world.load(5);
    world.run(1000);
    for (const process of [1, 3, 4]) expect(world.host(process).isolated).toEqual([0, 2]);
    expectOneState(world, [1, 3, 4]);
    expectNobodyBlamed(world, [1, 3, 4], [0, 2]);
  });

  test('says nothing of who took the place of the liar since', () => {
    const world = promoted();
    world.request(oldLie(0));
    world.load(5);
    world.run(1000);
    for (const process of everyone) expect(world.host(process).isolated).toEqual([0]);
    expectOneState(world, everyone);
    expectNobodyBlamed(world, everyone);
  });

  test('of two epochs ago is past', () => {
    const world = twice();
    awaitEpoch(world, 2, [2, 3, 4, 5]);
    world.request(oldLie(2));
    world.load(5);
    world.run(1000);
    for (const process of [2, 3, 4, 5]) expect(world.host(process).isolated).toEqual([0, 1]);
    expectOneState(world, [2, 3, 4, 5], 2);
    expectNobodyBlamed(world, [2, 3, 4, 5], [0, 1]);
  });
});

/** Liars in epochs 0 and 1, two standbys; `away` may take part or not meanwhile. */
function twice(away: (world: NodeWorld) => void = () => {}): NodeWorld {
  const villains = { 0: 'equivocate', 1: { behaviour: 'divergentResult', fromMs: 2000 } } as const;
  const world = new NodeWorld({ standby: 2, villains }).start();
  away(world);
  world.load(300);
  return world;
}

test('a standby asks at every tick, even when nothing happens: nobody else tells it', () => {
  const world = new NodeWorld().start();
  world.load(3);
  world.run(500);
  world.tap = [];
  world.run(1000);
  const asked = world.tap.filter(({ from, message }) => {
    return from === 'replica-4' && message.type === 'status';
  });
  expect(asked.length).toBeGreaterThanOrEqual(9); // every 100 ms
  expect(new Set(asked.map(({ to }) => to)).size).toBe(4);
});

test('what one far behind still waits for is not ordered again before it catches up', () => {
  const world = new NodeWorld({ standby: 0 }).start();
  world.load(8);
  // It hears the clients and can speak, but hears no other replica.
  for (const other of [0, 1, 2]) world.network.setLinkLoss(other, 3, 1);
  world.load(60);
  world.run(1500);
  // 68 requests, one to a batch at this pace; before, each came again with every status.
  expect(world.host(0).executed).toBeLessThanOrEqual(68);
  for (const other of [0, 1, 2]) world.network.setLinkLoss(other, 3, 0);
  world.run(3000);
  expectOneState(world, [0, 1, 2, 3], 0);
});

describe('who was away', () => {
  const table: {
    how: string;
    leave: (world: NodeWorld) => void;
    back: (world: NodeWorld) => void;
  }[] = [
    {
      how: 'cut off',
      leave: (world) => world.network.partition([[0, 1, 2, 4, 5], [3]]),
      back: (world) => world.network.heal(),
    },
    { how: 'crashed', leave: (w) => w.crash(3), back: (w) => w.restart(3) },
    { how: 'without its disk', leave: (w) => w.crash(3), back: (w) => w.restart(3, 'lost') },
  ];

  // With one liar and one away nothing is decided, so it leaves when the epoch's end is decided.
  test.each(table)('$how comes into the next epoch', ({ leave, back }) => {
    const world = new NodeWorld({ standby: 2, villains: { 0: 'equivocate' } }).start();
    world.load(3);
    world.run(2000, () => [1, 2, 3].every((process) => world.host(process).isolatedAt !== null));
    awaitEpoch(world, 1, [1, 2, 4]);
    leave(world);
    world.load(60);
    back(world);
    world.run(2000);
    world.load(20);
    world.run(2000);
    expectOneState(world, everyone);
    expectNobodyBlamed(world, everyone);
  });

  test.each(table)('a standby $how comes through two epochs', ({ leave, back }) => {
    const standby = (world: NodeWorld) => {
      const { crash, restart } = world;
      world.crash = () => crash.call(world, 5);
      world.restart = (_, disk) => restart.call(world, 5, disk);
      world.network.partition = (_) =>
        Object.getPrototypeOf(world.network).partition.call(world.network, [[0, 1, 2, 3, 4], [5]]);
      leave(world);
    };
    const world = twice(standby);
    awaitEpoch(world, 2, [2, 3, 4]);
    back(world);
    awaitEpoch(world, 2, [2, 3, 4, 5]);
    world.load(20);
    world.run(2000);
    expectOneState(world, [2, 3, 4, 5], 2);
    expectNobodyBlamed(world, [2, 3, 4, 5], [0, 1]);
  });
});

import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { Network } from '../../src/runtime/ports.ts';
import { type LinkConditions, NetworkModel } from '../../src/simulator/network-model.ts';
import { Scheduler } from '../../src/simulator/virtual-time.ts';

const calm: LinkConditions = {
  latency: { minMs: 1, maxMs: 5 },
  loss: 0,
  duplicate: 0,
  reorder: 0,
};

interface Arrival {
  readonly from: string;
  readonly to: string;
  readonly first: number | undefined;
  readonly frame: Uint8Array;
  readonly atUs: number;
}

function makeWorld(conditions: Partial<LinkConditions> = {}, seed = 1, replicas = 4) {
  const scheduler = new Scheduler();
  const model = new NetworkModel(scheduler, new Random(seed), { ...calm, ...conditions }, null);
  const arrivals: Arrival[] = [];
  const listen = (network: Network, to: string) => {
    network.onFrame((from, frame) =>
      arrivals.push({ from, to, first: frame[0], frame, atUs: scheduler.nowUs }),
    );
    return network;
  };
  const ports = Array.from({ length: replicas }, (_, index) =>
    listen(model.replica(index), `replica-${index}`),
  );
  const client = listen(model.client('client-0'), 'client-0');
  const run = () => {
    while (scheduler.step());
    return arrivals;
  };
  const port = (index: number) => ports[index] as Network;
  return { scheduler, model, port, client, listen, run, arrivals };
}

describe('a calm network', () => {
  test('delivers every frame once, within the latency, from the proved sender', () => {
    const { port, run } = makeWorld();
    for (let i = 0; i < 200; i++) port(0).send('replica-1', Uint8Array.of(i));
    const arrivals = run();
    expect(arrivals).toHaveLength(200);
    expect(new Set(arrivals.map(({ first }) => first)).size).toBe(200);
    expect(arrivals.every(({ from, to }) => from === 'replica-0' && to === 'replica-1')).toBe(true);
    const times = arrivals.map(({ atUs }) => atUs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...times)).toBeLessThanOrEqual(5000);
  });

  test('hands a broadcast to all receivers as one object', () => {
    const { port, run } = makeWorld();
    const frame = Uint8Array.of(1, 2, 3);
    for (const to of ['replica-1', 'replica-2', 'replica-3']) port(0).send(to, frame);
    expect(run().every((arrival) => arrival.frame === frame)).toBe(true);
  });

  test('sends to all as it would to each', () => {
    const all = ['replica-1', 'replica-2', 'replica-3', 'replica-9'];
    const times = (send: (port: Network, frame: Uint8Array) => void) => {
      const { port, run, model } = makeWorld({ loss: 0.2, duplicate: 0.3 });
      for (let i = 0; i < 20; i++) send(port(0), Uint8Array.of(i));
      return [run().map(({ to, first, atUs }) => `${to} ${first} ${atUs}`), model.counts];
    };
    const oneByOne = times((port, frame) => {
      for (const to of all) port.send(to, frame);
    });
    expect(times((port, frame) => port.sendToAll?.(all, frame))).toEqual(oneByOne);
  });

  test('loses what is sent to nobody, and counts it', () => {
    const { port, run, model } = makeWorld();
    port(0).send('replica-9', Uint8Array.of(1));
    expect(run()).toEqual([]);
    expect(model.counts).toEqual({ sent: 1, delivered: 0, dropped: 1, bytesSent: 1 });
  });
});

describe('a hostile network', () => {
  test('loses about as many frames as it was told to', () => {
    const { port, run } = makeWorld({ loss: 0.25 });
    for (let i = 0; i < 2000; i++) port(0).send('replica-1', Uint8Array.of(i));
    const { length } = run();
    expect(length).toBeGreaterThan(1400);
    expect(length).toBeLessThan(1600);
  });

  test('duplicates about as many frames as it was told to', () => {
    const { port, run } = makeWorld({ duplicate: 0.25 });
    for (let i = 0; i < 2000; i++) port(0).send('replica-1', Uint8Array.of(i));
    const { length } = run();
    expect(length).toBeGreaterThan(2400);
    expect(length).toBeLessThan(2600);
  });

  test('lets later frames overtake reordered ones', () => {
    const steady = { latency: { minMs: 2, maxMs: 2 } };
    const inOrder = makeWorld(steady);
    const shuffled = makeWorld({ ...steady, reorder: 0.3 });
    for (const { port } of [inOrder, shuffled]) {
      for (let i = 0; i < 50; i++) port(0).send('replica-1', Uint8Array.of(i));
    }
    const sorted = Array.from({ length: 50 }, (_, i) => i);
    expect(inOrder.run().map(({ first }) => first)).toEqual(sorted);
    const order = shuffled.run().map(({ first }) => first);
    expect(order).not.toEqual(sorted);
    expect(order.toSorted((a, b) => Number(a) - Number(b))).toEqual(sorted);
  });

  test('repeats from its seed and differs under another', () => {
    const trace = (seed: number) => {
      const world = makeWorld({ loss: 0.2, duplicate: 0.2, reorder: 0.2 }, seed);
      for (let i = 0; i < 50; i++)
        world.port(i % 4).send(`replica-${(i + 1) % 4}`, Uint8Array.of(i));
      return world.run().map(({ from, to, first, atUs }) => `${from} ${to} ${first} ${atUs}`);
    };
    expect(trace(5)).toEqual(trace(5));
    expect(trace(5)).not.toEqual(trace(6));
  });

  test('gives each sender a stream of its own, so that one more frame changes nobody else', () => {
    const timesOfTwo = (extra: boolean) => {
      const { port, run } = makeWorld();
      if (extra) port(0).send('replica-1', Uint8Array.of(9));
      port(2).send('replica-3', Uint8Array.of(1));
      return run().find(({ from }) => from === 'replica-2')?.atUs;
    };
    expect(timesOfTwo(true)).toBe(timesOfTwo(false));
  });
});

describe('a partition', () => {
  const table = [
    { from: 0, to: 1, arrives: true, why: 'both stand in one group' },
    { from: 0, to: 2, arrives: false, why: 'they stand in different groups' },
    { from: 2, to: 0, arrives: false, why: 'a partition cuts both directions' },
    { from: 3, to: 0, arrives: false, why: 'replicas in no group are apart from all groups' },
    { from: 3, to: 4, arrives: true, why: 'replicas in no group form one together' },
    { from: 3, to: 3, arrives: true, why: 'everyone reaches itself' },
  ];

  test.each(table)('$from to $to arrives: $arrives, for $why', ({ from, to, arrives }) => {
    const { model, port, run } = makeWorld({}, 1, 5);
    model.partition([[0, 1], [2]]);
    port(from).send(`replica-${to}`, Uint8Array.of(1));
    expect(run()).toHaveLength(arrives ? 1 : 0);
  });

  test('does not touch clients, in neither direction', () => {
    const { model, port, client, run } = makeWorld();
    model.partition([
      [0, 1],
      [2, 3],
    ]);
    client.send('replica-2', Uint8Array.of(1));
    port(0).send('client-0', Uint8Array.of(2));
    expect(run()).toHaveLength(2);
  });

  test('is over when healed', () => {
    const { model, port, run } = makeWorld();
    model.partition([[0], [1, 2, 3]]);
    model.heal();
    port(0).send('replica-1', Uint8Array.of(1));
    expect(run()).toHaveLength(1);
    expect(model.faulty).toBe(false);
  });
});

test('a latency with a long tail is short for most frames, on the links that have it', () => {
  const { model, port, run } = makeWorld({ latency: { minMs: 10, maxMs: 50 } });
  model.setLinkLatency(0, 1, { minMs: 10, maxMs: 50, longTail: true });
  for (let i = 0; i < 400; i++) {
    port(0).send('replica-1', Uint8Array.of(1));
    port(0).send('replica-2', Uint8Array.of(2));
  }
  const late = run().filter(({ atUs }) => atUs > 30_000);
  expect(late.filter(({ first }) => first === 2).length).toBeGreaterThan(150);
  expect(late.filter(({ first }) => first === 1).length).toBeGreaterThan(20);
  expect(late.filter(({ first }) => first === 1).length).toBeLessThan(100);
});

describe('a link with a latency of its own', () => {
  test('takes that long in its direction, and no other link does', () => {
    const { model, port, client, run } = makeWorld();
    model.setLinkLatency(0, 3, { minMs: 80, maxMs: 90 });
    for (let i = 0; i < 50; i++) {
      port(0).send('replica-3', Uint8Array.of(0));
      port(3).send('replica-0', Uint8Array.of(1));
      port(0).send('replica-2', Uint8Array.of(2));
      client.send('replica-3', Uint8Array.of(3));
    }
    for (const { first, atUs } of run()) {
      expect(atUs).toBeGreaterThanOrEqual(first === 0 ? 80_000 : 1_000);
      expect(atUs).toBeLessThanOrEqual(first === 0 ? 90_000 : 5_000);
    }
  });
});

describe('a link fault', () => {
  test('cuts one direction only, until it is repaired', () => {
    const { model, port, run } = makeWorld();
    model.setLinkLoss(0, 3, 1);
    port(0).send('replica-3', Uint8Array.of(1));
    port(3).send('replica-0', Uint8Array.of(2));
    port(0).send('replica-2', Uint8Array.of(3));
    expect(
      run()
        .map(({ first }) => first)
        .toSorted(),
    ).toEqual([2, 3]);
    model.setLinkLoss(0, 3, 0);
    port(0).send('replica-3', Uint8Array.of(4));
    expect(run().some(({ first }) => first === 4)).toBe(true);
  });
});

describe('a crashed endpoint', () => {
  test('hears nothing, says nothing, and its successor takes the address over', () => {
    const { model, port, listen, run } = makeWorld();
    port(0).send('replica-1', Uint8Array.of(1));
    model.detach('replica-1');
    port(1).send('replica-0', Uint8Array.of(2));
    expect(run()).toEqual([]);
    const successor = listen(model.replica(1), 'replica-1');
    port(0).send('replica-1', Uint8Array.of(3));
    successor.send('replica-0', Uint8Array.of(4));
    port(1).send('replica-0', Uint8Array.of(5));
    expect(
      run()
        .map(({ first }) => first)
        .toSorted(),
    ).toEqual([3, 4]);
  });
});

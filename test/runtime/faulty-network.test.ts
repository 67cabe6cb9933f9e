import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { FaultyNetwork, type LinkFaults, noFaults } from '../../src/runtime/faulty-network.ts';
import type { Network } from '../../src/runtime/ports.ts';
import { monotonicClock } from '../../src/runtime/system-clock.ts';
import { systemTimers } from '../../src/runtime/system-timers.ts';
import { libp2pMesh } from './libp2p-mesh.ts';
import { networkContract } from './network-contract.ts';

/** A network that notes what it is given, and time that stands still until told to move. */
function bench(faults: Partial<LinkFaults>, seed = 1) {
  const sent: { to: string; number: number; atMs: number }[] = [];
  const copies: (boolean | undefined)[] = [];
  let nowMs = 0;
  const alarms = new Set<{ dueMs: number; callback: () => void }>();
  const inner: Network = {
    send: (to, frame, again) => {
      sent.push({ to, number: frame[0]! * 256 + frame[1]!, atMs: nowMs });
      copies.push(again);
    },
    onFrame: () => {},
  };
  const network = new FaultyNetwork(inner, {
    clock: { nowMs: () => nowMs },
    timers: {
      after(delayMs, callback) {
        const alarm = { dueMs: nowMs + delayMs, callback };
        alarms.add(alarm);
        return () => alarms.delete(alarm);
      },
    },
    random: new Random(seed),
  });
  network.setFaults({ ...noFaults, ...faults });
  const advance = (byMs: number) => {
    const endMs = nowMs + byMs;
    for (;;) {
      const due = [...alarms].filter(({ dueMs }) => dueMs <= endMs);
      const next = due.toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      alarms.delete(next);
      nowMs = Math.max(nowMs, next.dueMs);
      next.callback();
    }
    nowMs = endMs;
  };
  const send = (to: string, count: number) => {
    for (let i = 0; i < count; i++) network.send(to, Uint8Array.of(i >> 8, i & 255));
  };
  return { network, sent, copies, advance, send, alarms };
}

describe('faulty network', () => {
  test.each([
    ['at once', 0],
    ['later', 5],
  ])('says of what it lets through %s whether it is a copy', (_when, latencyMs) => {
    const { network, advance, copies } = bench({
      latency: { minMs: latencyMs, maxMs: latencyMs },
    });
    network.send('a', Uint8Array.of(1), true);
    network.send('a', Uint8Array.of(2));
    advance(10);
    expect(copies).toEqual([true, false]);
  });

  networkContract('faulty network without faults over libp2p', async (count) => {
    const mesh = await libp2pMesh(count);
    const wrap = (inner: Network) => {
      const random = new Random(0);
      return new FaultyNetwork(inner, { clock: monotonicClock, timers: systemTimers, random });
    };
    const endpoints = mesh.endpoints.map(({ address, network }) => {
      return { address, network: wrap(network) };
    });
    return { ...mesh, endpoints };
  });

  test('passes frames on at once and in order when nothing is wrong', () => {
    const { sent, send, alarms } = bench({});
    send('replica-1', 3);
    expect(sent.map(({ number }) => number)).toEqual([0, 1, 2]);
    expect(alarms.size).toBe(0);
  });

  test('delays every frame within its range', () => {
    const { sent, send, advance } = bench({ latency: { minMs: 5, maxMs: 25 } });
    send('replica-1', 500);
    advance(4.9);
    expect(sent).toEqual([]);
    advance(25.1);
    expect(sent).toHaveLength(500);
    expect(Math.min(...sent.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(5);
    expect(Math.max(...sent.map(({ atMs }) => atMs))).toBeLessThanOrEqual(25);
    const spread = new Set(sent.map(({ atMs }) => Math.floor(atMs / 5)));
    expect([...spread].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  test('has a long tail where it is told so', () => {
    const { sent, send, advance } = bench({ latency: { minMs: 0, maxMs: 80, longTail: true } });
    send('replica-1', 400);
    advance(40);
    expect(sent.length).toBeGreaterThan(300);
    expect(sent.length).toBeLessThan(380);
    advance(40);
    expect(sent).toHaveLength(400);
  });

  test('takes its own time to a peer that is further away', () => {
    const latencyTo = new Map([['replica-2', { minMs: 80, maxMs: 90 }]]);
    const { sent, send, advance } = bench({ latency: { minMs: 5, maxMs: 25 }, latencyTo });
    send('replica-1', 100);
    send('replica-2', 100);
    advance(25.1);
    expect(sent).toHaveLength(100);
    advance(54);
    expect(sent).toHaveLength(100);
    advance(11.1);
    expect(sent).toHaveLength(200);
  });

  test('a constant latency keeps the order', () => {
    const { sent, send, advance } = bench({ latency: { minMs: 10, maxMs: 10 } });
    send('replica-1', 300);
    advance(10);
    expect(sent.map(({ number }) => number)).toEqual([...Array(300).keys()]);
  });

  test.each([
    { loss: 0.3, low: 600, high: 800 },
    { loss: 1, low: 0, high: 0 },
    { loss: 0, low: 1000, high: 1000 },
  ])('loses its share of the frames and counts it: $loss', ({ loss, low, high }) => {
    const { network, sent, send } = bench({ loss });
    send('replica-1', 1000);
    expect(sent.length).toBeGreaterThanOrEqual(low);
    expect(sent.length).toBeLessThanOrEqual(high);
    expect(network.dropped).toBe(1000 - sent.length);
  });

  test('duplicates its share of the frames', () => {
    const { sent, send } = bench({ duplicate: 0.2 });
    send('replica-1', 1000);
    expect(sent.length).toBeGreaterThan(1120);
    expect(sent.length).toBeLessThan(1280);
    expect(new Set(sent.map(({ number }) => number)).size).toBe(1000);
  });

  test('reorders, and loses nothing by it', () => {
    const { sent, send, advance } = bench({ latency: { minMs: 2, maxMs: 2 }, reorder: 0.1 });
    send('replica-1', 200);
    advance(100);
    const numbers = sent.map(({ number }) => number);
    expect(numbers).not.toEqual([...Array(200).keys()]);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([...Array(200).keys()]);
  });

  test('a partition cuts off those it names, in this direction, until it heals', () => {
    const { network, sent, send } = bench({});
    network.setCutOff(['replica-1', 'replica-2']);
    send('replica-1', 5);
    send('replica-3', 2);
    expect(sent.map(({ to }) => to)).toEqual(['replica-3', 'replica-3']);
    network.setCutOff([]);
    send('replica-1', 1);
    expect(sent.at(-1)).toMatchObject({ to: 'replica-1' });
    expect(network.dropped).toBe(5);
  });

  test('what is held back when a partition begins still arrives', () => {
    const { network, sent, send, advance } = bench({ latency: { minMs: 10, maxMs: 10 } });
    send('replica-1', 1);
    network.setCutOff(['replica-1']);
    advance(10);
    expect(sent).toHaveLength(1);
  });

  test('one link can be worse than the rest, and is repaired', () => {
    const { network, sent, send } = bench({});
    network.setLinkLoss('replica-1', 1);
    send('replica-1', 3);
    send('replica-2', 3);
    expect(sent.map(({ to }) => to)).toEqual(Array(3).fill('replica-2'));
    network.setLinkLoss('replica-1', 0);
    send('replica-1', 1);
    expect(sent).toHaveLength(4);
  });

  test('the same seed gives the same fate, another seed another one', () => {
    const fate = (seed: number) => {
      const faults = { latency: { minMs: 1, maxMs: 9 }, loss: 0.2, duplicate: 0.1, reorder: 0.1 };
      const { sent, send, advance } = bench(faults, seed);
      send('replica-1', 100);
      advance(200);
      return sent;
    };
    expect(fate(7)).toEqual(fate(7));
    expect(fate(8)).not.toEqual(fate(7));
  });

  test('after a stop nothing that was held back leaves', () => {
    const { network, sent, send, advance, alarms } = bench({ latency: { minMs: 5, maxMs: 5 } });
    send('replica-1', 4);
    network.stop();
    advance(100);
    expect(sent).toEqual([]);
    expect(alarms.size).toBe(0);
    expect(network.dropped).toBe(4);
  });
});

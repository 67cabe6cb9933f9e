import { describe, expect, it } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { limits } from '../../src/pbft/limits.ts';
import type { Message } from '../../src/pbft/messages.ts';
import { type InFlight, TestCluster } from './cluster.ts';

/** The largest number a peer can put into a message. */
const largest = Number.MAX_SAFE_INTEGER;

describe('a boast about progress', () => {
  it('does not keep a replica busy for ever', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    const where = { epoch: 0, view: 0, active: true, stableCheckpoint: largest };
    const message = { type: 'status', ...where, executed: largest } as const;
    // Twice: only who stands still is sent what it misses.
    for (let i = 0; i < 2; i++) cluster.deliver({ from: 3, to: 0, message });
    cluster.request('a');
    cluster.settle();
    expect(cluster.history(0)).toEqual(['1:a']);
  });
});

describe('replicas that wait for different views', () => {
  it('meet in a later one, although no view has a quorum of its own', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    const lose = () => cluster.flight.splice(0);
    cluster.request('a', [1, 2]);
    lose();
    const complaint = { type: 'complaint', epoch: 0, view: 0 } as const;
    for (const to of [1, 2]) {
      for (const from of [0, 3]) cluster.deliver({ from, to, message: complaint });
    }
    const toThree = lose().filter(({ to, from }) => to === 3 || (from === 1 && to === 2));
    for (const message of toThree) cluster.deliver(message);
    // Replica 3 joins them: its view change reaches 2 alone, which goes on to view 2 in time.
    for (const message of lose()) {
      if (message.from === 3 && message.to === 2) cluster.deliver(message);
    }
    lose();
    cluster.crash(3);
    cluster.pass(3000, () => false);
    const view = (index: number) => cluster.member(index).replica.state.view;
    expect([view(0), view(1), view(2)]).toEqual([0, 1, 2]);

    cluster.pass(20_000);
    cluster.request('b');
    cluster.pass(5000);
    for (const index of [0, 1, 2]) {
      expect(cluster.history(index).join()).toContain('a');
      expect(cluster.history(index).join()).toContain('b');
    }
  });
});

describe('complaints', () => {
  it.each([
    { epoch: 0, view: 1 },
    { epoch: 1, view: 0 },
  ])('of epoch $epoch count there', ({ epoch, view }) => {
    const cluster = new TestCluster(4, {}, idealScheme);
    for (const from of [1, 2, 3]) {
      cluster.deliver({ from, to: 0, message: { type: 'complaint', epoch, view: 0 } });
    }
    expect(cluster.member(0).replica.state.view).toBe(view);
  });
});

describe('a primary that slept through its replacement', () => {
  it('does not propose again what the others decided meanwhile', () => {
    const cluster = new TestCluster(4, { checkpointInterval: 64, logWindow: 128 }, idealScheme);
    const decided: Message[] = [];
    cluster.onEffect = ({ index }, effect) => {
      if (index !== 1 || effect.type !== 'execute') return;
      decided.push({ type: 'decided', certificate: effect.certificate, batch: effect.batch });
    };
    const withoutPrimary = ({ from, to }: InFlight) => from !== 0 && to !== 0;
    cluster.request('a', [1, 2, 3]);
    cluster.pass(3000, withoutPrimary);
    for (let i = 0; i < 20; i++) {
      cluster.request(`r${i}`, [1, 2, 3]);
      cluster.settle(withoutPrimary);
    }
    for (const message of decided) cluster.deliver({ from: 1, to: 0, message });
    cluster.flight = [];
    cluster.request('late', [0]);
    const sequences = cluster.flight.map(({ message }) =>
      message.type === 'prePrepare' ? message.header.statement.sequence : 0,
    );
    expect(new Set(sequences)).toEqual(new Set([decided.length + 1]));
  });
});

describe('a request that only one backup knows, in a busy cluster', () => {
  it('reaches the primary although the first word of it was lost', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    cluster.request('lonely', [2]);
    let lost = 0;
    const loseOnce = ({ message }: InFlight) => message.type !== 'request' || lost++ > 0;
    for (let i = 0; i < 12; i++) {
      cluster.request(`r${i}`, [0, 1, 3]);
      cluster.pass(100, loseOnce);
    }
    expect(lost).toBeGreaterThan(0);
    expect(cluster.history(0).join()).toContain('lonely');
    expect(cluster.members.map(({ replica }) => replica.state.view)).toEqual([0, 0, 0, 0]);
  });
});

describe('a peer that asks without end', () => {
  it('is answered a few times per status tick', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    for (const request of 'abc') {
      cluster.request(request);
      cluster.settle();
    }
    const where = { epoch: 0, view: 0, active: true, stableCheckpoint: 0, executed: 0 };
    const ask = () => {
      for (let i = 0; i < 100; i++) {
        cluster.deliver({ from: 3, to: 0, message: { type: 'status', ...where } });
      }
      return cluster.flight.splice(0).filter(({ message }) => message.type === 'decided').length;
    };
    const decisions = 3;
    // The first says where it stands, and each that says the same again is sent what it misses.
    expect(ask()).toBe((limits.statusAnswers - 1) * decisions);
    expect(ask()).toBe(0);
    cluster.fire(0, 'status');
    cluster.flight = [];
    expect(ask()).toBe(limits.statusAnswers * decisions);
  });
});

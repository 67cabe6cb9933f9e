import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { type InFlight, TestCluster } from './cluster.ts';

describe('a cluster of four', () => {
  it('decides a request on every replica', () => {
    const cluster = new TestCluster(4);
    cluster.request('a');
    cluster.settle();
    for (const { index } of cluster.members) expect(cluster.history(index)).toEqual(['1:a']);
  });

  it('keeps deciding past many checkpoints, with state that stays small', () => {
    const cluster = new TestCluster(4);
    for (let i = 0; i < 100; i++) {
      cluster.request(`r${i}`);
      cluster.settle();
    }
    for (const { index, replica } of cluster.members) {
      expect(cluster.history(index)).toHaveLength(100);
      expect(replica.state.slots.size).toBeLessThan(9);
      expect(replica.state.batches.size).toBeLessThan(9);
      expect(replica.state.pending.size).toBe(0);
      expect(replica.state.stable?.statement.sequence).toBe(100);
    }
  });

  it('replaces a dead primary and decides what waited', () => {
    const cluster = new TestCluster(4);
    cluster.crash(0);
    cluster.request('a');
    cluster.pass(10_000);
    for (const index of [1, 2, 3]) {
      expect(cluster.history(index)).toEqual(['1:a']);
      expect(cluster.member(index).replica.state.view).toBe(1);
    }
  });

  it('carries a prepared batch into the new view', () => {
    const cluster = new TestCluster(4);
    cluster.request('a');
    const uncommitted = ({ message }: InFlight) =>
      message.type !== 'commit' || message.vote.statement.view > 0;
    cluster.settle(uncommitted);
    cluster.crash(0);
    cluster.pass(500, uncommitted);
    for (const index of [1, 2, 3]) expect(cluster.history(index)).toEqual([]);
    cluster.pass(10_000, uncommitted);
    for (const index of [1, 2, 3]) expect(cluster.history(index)).toEqual(['1:a']);
    expect(cluster.member(1).replica.state.view).toBe(1);
    cluster.request('b');
    cluster.pass(100);
    for (const index of [1, 2, 3]) expect(cluster.history(index)).toEqual(['1:a', '2:b']);
  });

  it('brings a replica back that slept through checkpoints', () => {
    const cluster = new TestCluster(4);
    cluster.crash(3);
    for (let i = 0; i < 30; i++) {
      cluster.request(`r${i}`);
      cluster.settle();
    }
    cluster.restart(3);
    cluster.pass(5000);
    expect(cluster.member(3).replica.state.lastExecuted).toBe(30);
    expect(cluster.member(3).service.state).toBe(cluster.member(0).service.state);
  });

  it('goes on after every replica lost power at once', () => {
    const cluster = new TestCluster(4);
    for (let i = 0; i < 6; i++) {
      cluster.request(`r${i}`);
      cluster.settle();
    }
    for (let i = 0; i < 4; i++) cluster.crash(i);
    for (let i = 0; i < 4; i++) cluster.restart(i);
    cluster.request('after');
    cluster.pass(5000);
    for (const { service, replica } of cluster.members) {
      expect(replica.state.lastExecuted).toBe(7);
      expect(service.state).toBe(cluster.member(0).service.state);
    }
  });

  it('has no vote after a lost disk until checkpoint and view pass what it may have signed', () => {
    const cluster = new TestCluster(4);
    for (let i = 0; i < 6; i++) {
      cluster.request(`r${i}`);
      cluster.settle();
    }
    cluster.crash(3);
    cluster.restart(3, 'lost');
    cluster.member(3).effects = [];
    const votes = () =>
      cluster
        .member(3)
        .effects.filter(
          (e) => e.type === 'send' && ['prepare', 'commit', 'checkpoint'].includes(e.message.type),
        );
    cluster.pass(3000);
    cluster.request('early');
    cluster.pass(3000);
    expect(votes()).toEqual([]);
    for (let i = 0; i < 20; i++) {
      cluster.request(`s${i}`);
      cluster.pass(500);
    }
    // Past all it may have signed in slots, but it may have left this view before it forgot.
    expect(votes()).toEqual([]);
    cluster.request('unheard', [1, 2]);
    cluster.flight = [];
    for (const index of [1, 2]) cluster.fire(index, 'request');
    cluster.pass(500);
    cluster.request('after');
    cluster.pass(500);
    expect(votes().length).toBeGreaterThan(0);
    expect(cluster.member(3).service.state).toBe(cluster.member(0).service.state);
  });

  it('loses nothing but time when the network drops half of all messages', () => {
    const cluster = new TestCluster(4);
    const random = new Random('half');
    for (let i = 0; i < 10; i++) {
      cluster.request(`r${i}`);
      cluster.pass(3000, () => random.chance(0.5));
    }
    cluster.pass(60_000);
    for (const { index, service } of cluster.members) {
      expect(cluster.member(index).replica.state.pending.size).toBe(0);
      expect(service.state).toBe(cluster.member(0).service.state);
    }
    expect(cluster.accusations()).toEqual([]);
  });

  it('tells nobody where it stands while it has forgotten that itself', () => {
    const cluster = new TestCluster(7);
    for (let i = 0; i < 6; i++) {
      cluster.request(`r${i}`);
      cluster.settle();
    }
    cluster.crash(5);
    cluster.crash(6);
    cluster.restart(5, 'lost');
    cluster.restart(6, 'lost');
    cluster.pass(2000);
    const tells = (index: number) =>
      cluster
        .member(index)
        .effects.some((e) => e.type === 'send' && e.message.type === 'replyStable');
    expect([0, 1, 5, 6].map(tells)).toEqual([true, true, false, false]);
  });
});

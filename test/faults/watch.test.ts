import { describe, expect, it } from 'vitest';
import { Watch } from '../../src/faults/watch.ts';

const statusIntervalMs = 100;

/** A watch over 4 replicas for so long; each peer sends as many messages a second as told. */
function watchFor(durationMs: number, perSecond: readonly number[]) {
  const watch = new Watch({ index: 0, n: 4, epoch: 0, statusIntervalMs }, 0);
  const told: string[] = [];
  for (let nowMs = 0; nowMs <= durationMs; nowMs += 10) {
    for (const [peer, rate] of perSecond.entries()) {
      const until = Math.floor(((nowMs + 10) * rate) / 1000) - Math.floor((nowMs * rate) / 1000);
      for (let i = 0; i < until; i++) watch.heard(peer, nowMs);
    }
    for (const { replica, to } of watch.look(nowMs)) told.push(`${replica} ${to}`);
  }
  return told;
}

describe('a watch', () => {
  const table: { rates: number[]; told: string[]; why: string }[] = [
    { rates: [0, 5, 5, 5], told: [], why: 'an idle cluster sends a status now and then' },
    { rates: [0, 2000, 1000, 1000], told: [], why: 'load raises all alike, the primary most' },
    { rates: [0, 5, 5, 0], told: ['3 suspected'], why: 'one of them fell silent' },
    { rates: [0, 5, 5, 400], told: ['3 suspected'], why: 'one floods an idle cluster' },
    { rates: [0, 50, 5, 5], told: [], why: 'dozens of messages a second are no flood' },
    { rates: [0, 300, 300, 5000], told: ['3 suspected'], why: 'far above the load of the others' },
  ];
  it.each(table)('of peers that send $rates a second tells $told: $why', ({ rates, told }) => {
    expect(watchFor(20_000, rates)).toEqual(told);
  });

  it('hears a suspect out in a burst of everybody, and no further', () => {
    const watch = new Watch({ index: 0, n: 4, epoch: 0, statusIntervalMs }, 0);
    while (watch.strike(3, 'garbage', 0).length === 0);
    watch.look(1000);
    for (let i = 0; i < 200; i++) for (const peer of [1, 2]) watch.heard(peer, 1001);
    const admitted = Array.from({ length: 1000 }, () => {
      watch.heard(3, 1002);
      return watch.admits(3);
    });
    // Four times what the others sent since the quiet window before.
    expect(admitted.filter(Boolean)).toHaveLength(800);
    expect(admitted.lastIndexOf(true)).toBe(799);
  });

  it('forgives a silence that ended', () => {
    const watch = new Watch({ index: 0, n: 4, epoch: 0, statusIntervalMs }, 0);
    const told: string[] = [];
    for (let nowMs = 0; nowMs < 60_000; nowMs += 50) {
      for (const peer of [1, 2]) watch.heard(peer, nowMs);
      if (nowMs > 5000) watch.heard(3, nowMs);
      for (const { replica, to } of watch.look(nowMs)) told.push(`${replica} ${to}`);
    }
    expect(told).toEqual(['3 suspected', '3 trusted']);
  });

  it('never suspects itself, nor anyone outside the validator set', () => {
    const watch = new Watch({ index: 0, n: 4, epoch: 0, statusIntervalMs }, 0);
    for (let i = 0; i < 100; i++) {
      expect(watch.strike(0, 'garbage', 0)).toEqual([]);
      expect(watch.strike(7, 'garbage', 0)).toEqual([]);
      watch.heard(7, 0);
    }
    expect(watch.setIsolated([7], 0)).toEqual([]);
  });

  it('follows the committed state into isolation and out of it', () => {
    const watch = new Watch({ index: 0, n: 4, epoch: 0, statusIntervalMs }, 0);
    expect(watch.setIsolated([2], 0)).toEqual([{ replica: 2, from: 'trusted', to: 'isolated' }]);
    expect(watch.setIsolated([2], 0)).toEqual([]);
    expect(watch.voted(2, 0)).toEqual([]);
    expect(watch.setIsolated([], 0)).toEqual([{ replica: 2, from: 'isolated', to: 'recovering' }]);
    expect(watch.voted(2, 0)).toEqual([{ replica: 2, from: 'recovering', to: 'trusted' }]);
    expect(watch.voted(2, 0)).toEqual([]);
  });
});

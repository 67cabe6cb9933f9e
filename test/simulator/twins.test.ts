import { describe, expect, test } from 'vitest';
import {
  countTwins,
  enumerateTwins,
  playTwins,
  twinsScenario,
} from '../../src/simulator/twins/enumerate.ts';
import { TwinsCluster } from '../../src/simulator/twins/twins-cluster.ts';

const whole = [0, 0, 0, 0, 0];

describe('twins schedules', () => {
  test('are all different, as many as are counted', () => {
    const all = Array.from({ length: countTwins(2) }, (_, i) =>
      JSON.stringify(twinsScenario(i, 2)),
    );
    expect(new Set(all).size).toBe(4 * 16 * 16 * 3);
  });

  test('of one round keep agreement and come to an end, every one of them', async () => {
    expect(await enumerateTwins({ rounds: 1 })).toMatchObject({ all: 64, tried: 64, found: [] });
  });

  test('can be stopped', async () => {
    const stop = AbortSignal.abort();
    const { tried, all } = await enumerateTwins({ rounds: 3, signal: stop });
    expect(tried).toBeLessThan(all);
  });
});

describe('a twinned primary', () => {
  /** Replica 0 and its twin, each with one correct replica, and one that hears nobody. */
  const apart = [0, 0, 1, 2, 1];

  test('says two things at once, and neither is decided', () => {
    const cluster = new TwinsCluster(0);
    for (const group of [0, 1]) cluster.request(apart, group, `request ${group}`);
    cluster.deliver(apart);
    expect(cluster.all.map(({ decided }) => decided.size)).toEqual([0, 0, 0, 0, 0]);
    const prepared = cluster.all.map(({ replica }) => replica.state.slots.get(1)?.header ?? null);
    expect(prepared[1]).not.toEqual(prepared[2]);
  });

  test('is seen through once its two words meet', () => {
    const cluster = new TwinsCluster(0);
    for (const group of [0, 1]) cluster.request(apart, group, `request ${group}`);
    cluster.deliver(apart);
    for (let i = 0; i < 2; i++) {
      cluster.expire(['status']);
      cluster.deliver(whole);
    }
    const accused = cluster.all.flatMap(({ replica }) => [...replica.state.accused]);
    expect(accused).toContain('0/conflictingPrePrepare');
    expect(cluster.fault).toBeNull();
  });

  test('that is heard on both sides by nobody else does no harm', () => {
    const rounds = [{ groups: apart, timeouts: 1 }];
    expect(playTwins({ twinned: 0, rounds })).toBeNull();
  });
});

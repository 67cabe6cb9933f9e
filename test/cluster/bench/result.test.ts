import { describe, expect, it } from 'vitest';
import type { LoadMeasured } from '../../../src/cluster/bench/load-protocol.ts';
import { defaultPlan } from '../../../src/cluster/bench/plan.ts';
import { resultOf, spentBetween } from '../../../src/cluster/bench/result.ts';
import { noThreadTimes } from '../../../src/cluster/bench/thread-times.ts';
import { Window } from '../../../src/cluster/bench/window.ts';
import { hashesPerRequest, limitPerSecond } from '../../../src/cluster/bench/yardstick.ts';
import type { MeterReading } from '../../../src/cluster/protocol.ts';
import { formatProfile } from '../../../src/report/bench.ts';
import { stages } from '../../../src/runtime/meter.ts';

const yardstick = { cores: 2, verifyUs: 150, hashUs: 2, hashes: 60, requestBatch: 1 };

function reading(scale: number): MeterReading {
  return {
    cpuMs: 10 * scale,
    threadsMs: { ...noThreadTimes, main: 6 * scale, engine: 4 * scale },
    activeMs: 20 * scale,
    stagesMs: Object.fromEntries(
      stages.map((stage) => [stage, stage === 'proofs' ? scale : 0]),
    ) as MeterReading['stagesMs'],
    batches: scale,
    operations: 4 * scale,
  };
}

const load: LoadMeasured = {
  windowMs: 2000,
  answered: 800,
  verified: 799,
  errors: { timeout: 1 },
  latencyMs: { p50: 1, p90: 2, p99: 3, max: 4 },
  answeredPerTenth: [],
  longestSilenceMs: 0,
  madeInWindow: 0,
  requestBytes: 9,
  cpuMs: 80,
};

describe('a result', () => {
  const spent = [spentBetween(reading(1), reading(101))];
  const result = resultOf(defaultPlan, { load, spent, yardstick, partial: false });

  it('sets the throughput against what the cores could do at the most', () => {
    // Two cores, four replicas, 150 µs of signature and 120 µs of hashes each.
    expect(limitPerSecond(yardstick, 4)).toBeCloseTo(2e6 / (4 * 270), 6);
    expect(result).toMatchObject({ throughputPerSecond: 400, limitPerSecond: 1851.9 });
    expect(result.shareOfLimit).toBeCloseTo(400 / 1851.85, 4);
  });

  it('tells what a request costs one replica, by stage, and what no stage claims', () => {
    // 100 ms in proofs and 2000 ms busy, over 400 operations.
    expect(result.stages).toMatchObject({ proofs: 250, decode: 0, rest: 4750 });
    expect(result.cpuUsPerRequest).toEqual({ replicas: 1250, clients: 100 });
    expect(result.meanBatch).toBe(4);
  });

  it('tells which threads the CPU time of a request went to', () => {
    expect(result.cpuUsByThread).toEqual({ ...noThreadTimes, main: 750, engine: 500 });
    const profile = formatProfile(result);
    expect(profile).toMatch(/^main +750\.0 +60 % /m);
    expect(profile).toMatch(/^engine +500\.0 +40 % /m);
  });

  it('counts errors apart from the answers that were verified', () => {
    expect(result).toMatchObject({ errors: 1, verifiedAnswers: 799 });
  });
});

describe('a window', () => {
  it('sorts answers into tenths of a second and gives percentiles in milliseconds', () => {
    const window = new Window(1000);
    for (const atMs of [1010, 1020, 1250]) window.count(atMs, 1);
    for (let ms = 1; ms <= 100; ms++) window.record(ms, 1);
    expect(window.answeredPerTenth).toEqual([2, 0, 1]);
    expect(window.longestSilenceMs(1300)).toBe(230);
    expect(window.longestSilenceMs(1900)).toBe(650);
    expect(window.latencyMs.p50).toBeCloseTo(50, 0);
    expect(window.latencyMs.p90).toBeCloseTo(90, 0);
    expect(window.latencyMs.max).toBeCloseTo(100, 0);
  });
});

it('counts the hashes of four openings of a plot of 2^15 labels', () => {
  // Leaves, paths up to where they meet, the top three nodes, and eight besides.
  expect(hashesPerRequest(1)).toBe(4 + 4 * 13 + 3 + 8);
});

it('counts once what a batch shares: 66 openings, whose paths meet near the root', () => {
  expect(hashesPerRequest(32)).toBeCloseTo(8 + (66 + 66 * 9 + 63 + 4) / 32, 1);
  const batched = { ...yardstick, requestBatch: 32 };
  expect(limitPerSecond(batched, 4)).toBeCloseTo(2e6 / (4 * (150 / 32 + 120)), 6);
});

it('speaks of requests, though a batch of them is one operation', () => {
  const spent = [spentBetween(reading(1), reading(101))];
  const plan = { ...defaultPlan, requestBatch: 10 };
  const result = resultOf(plan, { load, spent, yardstick, partial: false });
  expect(result.stages).toMatchObject({ proofs: 25, rest: 475 });
});

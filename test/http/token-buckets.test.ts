import { describe, expect, it } from 'vitest';
import { Latencies, Rate } from '../../src/http/node-statistics.ts';
import { prefersAsync } from '../../src/http/routes/prefer.ts';
import { TokenBuckets } from '../../src/http/token-buckets.ts';

const clock = { at: 0, nowMs: () => clock.at };

describe('token buckets', () => {
  it('give a minute at once, then as fast as they fill', () => {
    const buckets = new TokenBuckets({ perMinute: 60, maxClients: 8, clock });
    for (let i = 0; i < 60; i++) expect(buckets.take('a')).toEqual({ ok: true });
    expect(buckets.take('a')).toEqual({ ok: false, retryAfterMs: 1_000 });
    expect(buckets.take('b')).toEqual({ ok: true });
    clock.at += 999;
    expect(buckets.take('a').ok).toBe(false);
    clock.at += 1;
    expect(buckets.take('a').ok).toBe(true);
    expect(buckets.take('a').ok).toBe(false);
    clock.at += 3_600_000;
    for (let i = 0; i < 60; i++) expect(buckets.take('a').ok).toBe(true);
    expect(buckets.take('a').ok).toBe(false);
  });

  it('know clients that have a rate of their own', () => {
    const overrides = new Map([
      ['slow', 1],
      ['free', Infinity],
    ]);
    const buckets = new TokenBuckets({ perMinute: 60, maxClients: 8, overrides, clock });
    expect(buckets.take('slow').ok).toBe(true);
    expect(buckets.take('slow')).toEqual({ ok: false, retryAfterMs: 60_000 });
    for (let i = 0; i < 1000; i++) expect(buckets.take('free').ok).toBe(true);
  });

  it('remember so many clients, those that asked last', () => {
    const buckets = new TokenBuckets({ perMinute: 1, maxClients: 2, clock });
    for (const client of ['a', 'b']) buckets.take(client);
    expect(buckets.take('a').ok).toBe(false);
    buckets.take('c');
    expect(buckets.take('a').ok).toBe(false);
    expect(buckets.take('b').ok).toBe(true);
  });
});

describe('statistics', () => {
  it('say no percentile that is larger than everything', () => {
    const latencies = new Latencies();
    expect(latencies.summary).toEqual({ p50: 0, p90: 0, p99: 0, max: 0, count: 0 });
    for (const ms of [158.609, 0.5, 7]) latencies.add(ms);
    const { p50, p99, max, count } = latencies.summary;
    expect({ p99: p99 <= max, count }).toEqual({ p99: true, count: 3 });
    expect(p50).toBeCloseTo(7, 1);
  });

  it('forget after ten seconds what happened', () => {
    const rate = new Rate();
    for (let i = 0; i < 50; i++) rate.add(100_000 + i * 100);
    expect(rate.perSecond(105_000)).toBe(5);
    expect(rate.perSecond(112_500)).toBe(2);
    expect(rate.perSecond(200_000)).toBe(0);
  });
});

describe('the Prefer header', () => {
  it.each([
    [undefined, false],
    ['respond-async', true],
    ['Respond-Async', true],
    ['wait=5, respond-async', true],
    ['respond-async; foo="bar"', true],
    ['handling=lenient', false],
    ['respond-asynchronously', false],
  ])('%j prefers an answer later: %s', (header, later) => {
    expect(prefersAsync(header)).toBe(later);
  });
});

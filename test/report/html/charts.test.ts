import { describe, expect, it } from 'vitest';
import { latencyChart, throughputChart } from '../../../src/report/html/charts.ts';
import type { PackedRequest, PackedRun } from '../../../src/report/html/model/packed.ts';
import { packRun } from '../../../src/report/html/pack.ts';
import { record, sample } from '../sample.ts';
import { fourReplicas, logOf } from './fixture.ts';

const percentiles = { p50: 10, p90: 20, p99: 30 };

function requests(latencies: readonly number[]): PackedRequest[] {
  return latencies.map((latencyMs) => ({ ...record({ latencyMs }), answeredMs: latencyMs * 2 }));
}

/** What the chart says in numbers, beside its bars. */
function numbers(chart: string): string[] {
  const rows = chart.matchAll(/<th scope="row">([^<]*)<\/th><td>(\d+)<\/td><td>(\d+)<\/td>/g);
  return [...rows].map(([, range, issued, refused]) => `${range}: ${issued} ${refused}`);
}

describe('the histogram of latencies', () => {
  it('counts every answer in one step, also the longest', () => {
    const chart = latencyChart(requests([1, 1, 2, 40]), percentiles);
    expect(numbers(chart)).toEqual(['1.0 to 2.0: 2 0', '2.0 to 3.0: 1 0', '40.0 to 41.0: 1 0']);
    expect(chart.match(/class="bar-issued"/g)).toHaveLength(3);
  });

  it('has no steps finer than whole milliseconds where latencies are whole', () => {
    expect(numbers(latencyChart(requests([3, 4, 5]), percentiles))).toHaveLength(3);
    expect(numbers(latencyChart(requests([0.31, 0.315, 0.51]), percentiles))).toEqual([
      '0.30 to 0.32: 2 0',
      '0.50 to 0.52: 1 0',
    ]);
  });

  it('puts refusals on top of what was issued', () => {
    const refused = { ...requests([5])[0]!, outcome: 'rejected' as const };
    const chart = latencyChart([...requests([5, 5]), refused], percentiles);
    expect(numbers(chart)).toEqual(['5.0 to 6.0: 2 1']);
    const [issued, rejected] = ['issued', 'rejected'].map((kind) => {
      const bar = new RegExp(`bar-${kind}" [^>]* y="([^"]*)" height="([^"]*)"`).exec(chart)!;
      return { y: Number(bar[1]), height: Number(bar[2]) };
    });
    expect(rejected!.y + rejected!.height).toBeCloseTo(issued!.y, 0);
    expect(issued!.height).toBeCloseTo(rejected!.height * 2, 0);
  });

  it('shows the percentiles in words and as lines', () => {
    const chart = latencyChart(requests([1, 40]), percentiles);
    for (const words of ['p50 10 ms', 'p90 20 ms', 'p99 30 ms']) expect(chart).toContain(words);
    expect(chart.match(/class="mark"/g)).toHaveLength(3);
  });
});

describe('answers over time', () => {
  const run: PackedRun = {
    ...packRun(fourReplicas, { ...sample, virtualMs: 60 }, logOf([])),
    requests: requests([5, 5, 20]),
  };

  it('counts answers when they came and names the busiest moment', () => {
    const chart = throughputChart(run);
    expect(numbers(chart)).toEqual(['10.0 to 11.0: 2 0', '40.0 to 41.0: 1 0']);
    expect(chart).toContain('3 answers in 60 ms, at most 2 in any 1 ms, which is 2000 a second');
  });

  it('shows faults once each, and new views', () => {
    const band = { type: 'partition', fromUs: 1000, toUs: 2000, label: '', side: 0 } as const;
    const bands = [1, 2, 3].map((lane) => ({ ...band, lane }));
    const chart = throughputChart({ ...run, bands, marks: [[5000, -1, 15, 'view 1']] });
    expect(chart.match(/class="fault"/g)).toHaveLength(1);
    expect(chart.match(/class="change"/g)).toHaveLength(1);
  });

  it('says so when nothing was answered', () => {
    expect(throughputChart({ ...run, requests: [] })).toContain('No answer has a time.');
  });
});

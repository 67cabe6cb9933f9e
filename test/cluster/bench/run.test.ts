import { describe, expect, test } from 'vitest';
import { type BenchPlan, defaultPlan } from '../../../src/cluster/bench/plan.ts';
import { runBench } from '../../../src/cluster/bench/run.ts';

const short: BenchPlan = { ...defaultPlan, clients: 8, links: 2, warmUpMs: 200, forMs: 700 };

describe('a measurement', () => {
  test('has every certificate verified, and tells where the time went', async () => {
    const result = await runBench(short, {});
    expect(result).toMatchObject({ errors: 0, partial: false, replicas: 4, loop: 'closed' });
    expect(result?.verifiedAnswers).toBeGreaterThan(0);
    expect(result?.stages.proofs).toBeGreaterThan(0);
    expect(result?.stages.journal).toBeGreaterThan(0);
    expect(result?.limitPerSecond).toBeGreaterThan(0);
  });

  test('orders opaque bytes at a constant rate', async () => {
    const work = { type: 'opaque', sizeBytes: 256 } as const;
    const plan: BenchPlan = { ...short, work, storage: 'memory', ratePerSecond: 50 };
    const result = await runBench(plan, {});
    expect(result).toMatchObject({ errors: 0, loop: 'open', requestBytes: 256 });
    expect(result?.verifiedAnswers).toBeGreaterThan(0);
  });

  test('ends early when it is interrupted, and says so', async () => {
    const controller = new AbortController();
    const plan: BenchPlan = { ...short, forMs: 600_000 };
    const result = await runBench(plan, {
      signal: controller.signal,
      onProgress: ({ stage, answered }) => {
        if (stage === 'measuring' && answered > 0) controller.abort();
      },
    });
    expect(result?.partial).toBe(true);
  });
});

import { describe, expect, test } from 'vitest';
import { type BenchPlan, defaultPlan, type Way } from '../../../src/cluster/bench/plan.ts';
import { runSweep } from '../../../src/cluster/bench/run.ts';

/** Its windows end by what came in them, not by the clock. */
const plan: BenchPlan = { ...defaultPlan, clients: 8, links: 1, warmUpMs: 1, forMs: 600_000 };
const enough = 40;

/** The first way of asking, interrupted when enough answers came in its window. */
async function measured(changes: Partial<BenchPlan> = {}, ways?: readonly Way[]) {
  const controller = new AbortController();
  const each = { ...plan, ...changes };
  let answeredBefore: number | null = null;
  const [result] = await runSweep(each, ways ?? [{ ...each, settleMs: 1 }], {
    signal: controller.signal,
    onProgress: ({ stage, answered }) => {
      if (stage !== 'measuring' || answered === 0) return;
      answeredBefore ??= answered;
      if (answered >= answeredBefore + enough) controller.abort();
    },
  });
  return result;
}

describe('a measurement', () => {
  test('verifies every certificate, and says where time went and that it is partial', async () => {
    const result = await measured();
    expect(result).toMatchObject({ errors: 0, partial: true, replicas: 4, loop: 'closed' });
    expect(result?.verifiedAnswers).toBeGreaterThan(0);
    expect(result?.stages.proofs).toBeGreaterThan(0);
    expect(result?.stages.journal).toBeGreaterThan(0);
    expect(result?.limitPerSecond).toBeGreaterThan(0);
  });

  test('asks nodes at their HTTP doors, and checks what each of them brings', async () => {
    const result = await measured({ via: 'http', clients: 48 });
    expect(result).toMatchObject({ errors: 0, via: 'http', work: 'validations' });
    expect(result?.verifiedAnswers).toBeGreaterThan(0);
  });

  test('orders opaque bytes at a constant rate, with a replica killed before', async () => {
    const result = await measured({
      work: { type: 'opaque', sizeBytes: 256 },
      storage: 'memory',
      ratePerSecond: 50,
      kill: { replica: 3, atMs: null },
    });
    expect(result).toMatchObject({ errors: 0, loop: 'open', requestBytes: 256 });
    expect(result?.verifiedAnswers).toBeGreaterThan(0);
  });
});

import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { maxFaulty } from '../../src/pbft/quorum.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { writeScenario } from '../../src/scenario/write.ts';
import { drawScenario, legal } from '../../src/simulator/explorer/draw.ts';
import { explore } from '../../src/simulator/explorer/explore.ts';
import { mutate } from '../../src/simulator/explorer/mutate.ts';
import { atomsOf, shrink } from '../../src/simulator/explorer/shrink.ts';
import { tryScenario } from '../../src/simulator/explorer/trial.ts';
import { runInSimulator } from '../../src/simulator/run.ts';
import { nops, scenario } from './scenarios.ts';

const range = { min: 4, max: 10 };

function drawn(seed: number): Scenario {
  return drawScenario(new Random(seed), seed, range);
}

/** What every scenario of an exploration keeps to, so that any finding is a bug. */
function expectFair(explored: Scenario): void {
  const n = explored.replicas.voting;
  const parsed = parseScenarios('drawn.yaml', writeScenario(explored));
  expect(parsed).toEqual({ ok: true, scenarios: [explored] });
  expect(n).toBeGreaterThanOrEqual(range.min);
  expect(n).toBeLessThanOrEqual(range.max);
  const faulty = new Set(explored.adversaries.flatMap(({ replicas }) => replicas));
  expect(faulty.size).toBeLessThanOrEqual(maxFaulty(n));
  const down = new Set<number>();
  const lost = new Set<number>();
  for (const event of explored.timeline) {
    if (event.type === 'crash') down.add(event.replica);
    if (event.type === 'restart') {
      down.delete(event.replica);
      if (event.disk === 'lost') lost.add(event.replica);
    }
    if (event.type === 'partition' || event.type === 'link') expect(event.forMs).not.toBeNull();
  }
  expect([...down]).toEqual([]);
  expect(lost.size).toBeLessThanOrEqual(maxFaulty(n));
}

describe('what is explored', () => {
  test('is a fair scenario that a file can hold, whatever the seed', () => {
    for (let seed = 1; seed <= 150; seed++) expectFair(drawn(seed));
  });

  test('has villains that waver, among others that do not', () => {
    const villains = Array.from({ length: 100 }, (_, seed) => drawn(seed).adversaries).flat();
    const shares = new Set(villains.map(({ options }) => options?.share));
    expect(shares.size).toBeGreaterThan(2);
    expect(shares).toContain(undefined);
  });

  test('stays fair through a hundred mutations', () => {
    const random = new Random('mutations');
    let current = drawn(7);
    for (let i = 0; i < 100; i++) {
      const milestonesUs = [0, random.below(4_000_000)];
      current = mutate(random, { scenario: current, milestonesUs }, i);
      expectFair(current);
    }
  });

  test('is mended: nobody crashes twice or stays away, and events come in order', () => {
    const crash = (atMs: number, replica: number) => ({ type: 'crash' as const, atMs, replica });
    const back = { type: 'restart' as const, atMs: 3, replica: 1, disk: 'kept' as const };
    const events = [crash(5, 2), crash(2, 1), crash(1, 1), back, { ...back, atMs: 4 }];
    expect(legal(events)).toEqual([
      crash(1, 1),
      back,
      crash(5, 2),
      { type: 'restart', atMs: 6, replica: 2, disk: 'kept' },
    ]);
  });
});

describe('an exploration', () => {
  test('runs the same schedules for the same seed and reaches new transitions', async () => {
    const progress = async () => {
      const explored = await explore({ runs: 12, seed: 5, replicas: [4, 5] });
      const { schedules, features, deliveries, found } = explored;
      return { schedules, features, deliveries, found: found.length };
    };
    const first = await progress();
    expect(first.schedules).toBe(12);
    expect(first.found).toBe(0);
    expect(first.features).toBeGreaterThan(100);
    expect(await progress()).toEqual(first);
  });

  test('ends when it is aborted', async () => {
    const signal = AbortSignal.abort();
    expect((await explore({ seed: 1, replicas: [4, 4], signal })).schedules).toBe(0);
  });

  test('finds one colluder too many, and leaves a scenario that shows it again', async () => {
    const tooMany: typeof drawScenario = (random, seed, replicas) => {
      const fair = drawScenario(random, seed, replicas);
      const faulty = [0, 1];
      return {
        ...fair,
        workload: nops(20),
        adversaries: [{ replicas: faulty, behaviour: 'collude', fromMs: 0, untilMs: null }],
      };
    };
    const options = { runs: 30, seed: 1, replicas: [4, 4] as const, maxViolations: 1 };
    const { found } = await explore({ ...options, draw: tooMany });
    expect(found).toHaveLength(1);
    const { checker, scenario: minimal, trace, atoms } = found[0]!;
    expect(['agreement', 'durability', 'certificateSoundness']).toContain(checker);
    expect(trace.length).toBeGreaterThan(0);
    expect(atoms).toBeLessThanOrEqual(10);
    const parsed = parseScenarios('found.yaml', writeScenario(minimal));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed));
    const { result } = await runInSimulator(parsed.scenarios[0]!, {});
    expect(result.outcome).toBe('diverged');
    expect(result.violations.map((violation) => violation.checker)).toContain(checker);
  });
});

test('shrinking removes everything a violation does not need', () => {
  const whole = { replicas: [0, 1], behaviour: 'collude', fromMs: 0, untilMs: null } as const;
  const guilty = scenario({
    workload: nops(20, 2),
    network: { latency: { minMs: 1, maxMs: 5 }, loss: 0, duplicate: 0.01, reorder: 0.01 },
    adversaries: [{ ...whole, options: { share: 0.95 }, untilMs: 30_000 }],
    timeline: [
      { type: 'clock', atMs: 100, replica: 3, offsetMs: 20 },
      { type: 'link', atMs: 150, from: 2, to: 3, loss: 0.1, forMs: 10 },
      { type: 'crash', atMs: 200, replica: 2 },
      { type: 'restart', atMs: 210, replica: 2, disk: 'kept' },
    ],
  });
  let found = null;
  for (let seed = 1; seed <= 40 && found === null; seed++) {
    const seeded = { ...guilty, seed };
    const verdict = tryScenario(seeded);
    if (verdict.violation?.checker === 'agreement') found = shrink(seeded, verdict);
  }
  expect(found?.scenario.timeline).toEqual([]);
  expect(found?.scenario.network).toMatchObject({ duplicate: 0, reorder: 0 });
  expect(found?.scenario.adversaries).toEqual([whole]);
  expect(atomsOf(found!.scenario)).toBeLessThan(atomsOf(guilty) / 2);
  expect(tryScenario(found!.scenario).violation?.checker).toBe('agreement');
});

test('a replica that throws is a finding, not the end of the exploration', () => {
  const broken = scenario({ workload: nops(1) });
  const impossible = {
    ...broken,
    network: { ...broken.network, latency: { minMs: NaN, maxMs: 1 } },
  };
  expect(tryScenario(impossible).violation?.checker).toBe('crash');
});

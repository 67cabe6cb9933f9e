import { describe, expect, test } from 'vitest';
import { behaviourNames, type Scenario } from '../../src/scenario/scenario.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';
import { runInSimulator } from '../../src/simulator/run.ts';
import { certificates, nops, scenario } from './scenarios.ts';

async function resultOf(changes: Partial<Scenario>) {
  return (await runInSimulator(scenario(changes), {})).result;
}

async function eventsOf(changes: Partial<Scenario>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  await runInSimulator(scenario(changes), { onEvent: (event) => events.push(event) });
  return events;
}

const hostile: Partial<Scenario> = {
  network: { latency: { minMs: 1, maxMs: 20 }, loss: 0.05, duplicate: 0.05, reorder: 0.1 },
  adversaries: [{ replicas: [0], behaviour: 'equivocate', fromMs: 0, untilMs: null }],
  timeline: [
    {
      type: 'partition',
      atMs: 300,
      groups: [
        [0, 1],
        [2, 3],
      ],
      forMs: 900,
    },
  ],
};

describe('a run repeats', () => {
  test('the same scenario and seed give the same trace digest', async () => {
    const first = await resultOf(hostile);
    const second = await resultOf(hostile);
    expect(second.traceDigest).toBe(first.traceDigest);
    expect(second.virtualMs).toBe(first.virtualMs);
  });

  test('another seed gives another trace', async () => {
    const digests = new Set<string>();
    for (let seed = 1; seed <= 5; seed++) {
      digests.add((await resultOf({ ...hostile, seed })).traceDigest);
    }
    expect(digests.size).toBe(5);
  });

  test('whoever watches changes nothing', async () => {
    const quiet = await resultOf(hostile);
    const { result } = await runInSimulator(scenario(hostile), {
      onEvent: () => {},
      onProgress: () => {},
      signal: new AbortController().signal,
    });
    expect(result.traceDigest).toBe(quiet.traceDigest);
  });

  test('certificates, too, come out of the seed alone', async () => {
    const changes: Partial<Scenario> = { signatures: 'ed25519', workload: certificates(2) };
    const first = await resultOf(changes);
    expect((await resultOf(changes)).traceDigest).toBe(first.traceDigest);
  });

  test('both signature schemes give the same decisions at the same times', async () => {
    const decisions = async (signatures: Scenario['signatures']) => {
      const events = await eventsOf({ ...hostile, adversaries: [], signatures });
      return events.filter(({ type }) => type === 'decided' || type === 'view');
    };
    const ideal = await decisions('ideal');
    expect(ideal.length).toBeGreaterThan(10);
    expect(await decisions('ed25519')).toEqual(ideal);
  });

  test('also with an adversary, though the evidence against it has other bytes', async () => {
    const shapes = async (signatures: Scenario['signatures']) => {
      const events = await eventsOf({ ...hostile, signatures });
      return events.flatMap((event): readonly object[] => {
        if (event.type === 'accused') return [{ accuses: event.replica, atMs: event.atMs }];
        if (event.type !== 'decided') return [];
        const { replica, view, sequence, timestamp, atMs, operations } = event;
        return [{ replica, view, sequence, timestamp, atMs, operations: operations.length }];
      });
    };
    const ideal = await shapes('ideal');
    expect(ideal.length).toBeGreaterThan(10);
    expect(await shapes('ed25519')).toEqual(ideal);
  });
});

describe('requests under one signature', () => {
  const batched = (requests: number): Scenario['workload'] => {
    const invalid = { space: 1, stake: 1, work: 1, time: 1, signature: 1, replay: 1 };
    return { ...certificates(requests, invalid), outstanding: 8, requestBatch: 4 };
  };

  test('are decided and refused as they are alone, whoever lies about them', async () => {
    for (const behaviour of ['forgeProof', 'rejectValid', 'replay', 'censor'] as const) {
      const result = await resultOf({
        workload: batched(20),
        adversaries: [{ replicas: [0], behaviour, fromMs: 0, untilMs: null }],
      });
      expect(result, behaviour).toMatchObject({ outcome: 'passed', issued: 14, pending: 0 });
      const { total: _, ...broken } = result.rejected;
      expect(broken).toEqual({ space: 1, stake: 1, work: 1, time: 1, signature: 1, replay: 1 });
    }
  });

  test('come through losses, a split and a restart, the same each time', async () => {
    const changes: Partial<Scenario> = { ...hostile, workload: batched(20) };
    const first = await resultOf(changes);
    expect(first).toMatchObject({ outcome: 'passed', issued: 14, pending: 0 });
    expect((await resultOf(changes)).traceDigest).toBe(first.traceDigest);
  });
});

describe('a run ends', () => {
  test('with every certificate issued and every broken request refused by name', async () => {
    const invalid = { space: 1, stake: 1, work: 1, time: 1, signature: 1, replay: 1 };
    const run = scenario({ workload: certificates(10, invalid), signatures: 'ed25519' });
    const { result, artefacts } = await runInSimulator(run, {});
    expect(result.outcome).toBe('passed');
    expect(result.issued).toBe(4);
    expect(result.rejected).toEqual({ total: 6, ...invalid });
    expect(artefacts.certificates).toHaveLength(4);
    expect(artefacts.caPem).toContain('BEGIN CERTIFICATE');
  });

  test('stalled when no quorum is connected, at the end of its duration', async () => {
    const result = await resultOf({
      durationMs: 8_000,
      timeline: [
        {
          type: 'partition',
          atMs: 0,
          groups: [
            [0, 1],
            [2, 3],
          ],
          forMs: null,
        },
      ],
    });
    expect(result.outcome).toBe('stalled');
    expect(result.virtualMs).toBe(8_000);
    expect(result.violations).toEqual([]);
  });

  test('early and marked partial when it is aborted', async () => {
    const abort = new AbortController();
    abort.abort();
    const run = scenario({ workload: nops(5_000, 1, 1) });
    const { result } = await runInSimulator(run, { signal: abort.signal });
    expect(result.partial).toBe(true);
    expect(result.pending).toBeGreaterThan(0);
  });

  test.each([
    { disk: 'kept' as const, why: 'from its journal' },
    { disk: 'lost' as const, why: 'from the others' },
  ])('with a restarted replica recovered $why', async ({ disk }) => {
    const result = await resultOf({
      workload: nops(60, 1, 1),
      timeline: [
        { type: 'crash', atMs: 200, replica: 2 },
        { type: 'restart', atMs: 500, replica: 2, disk },
      ],
    });
    expect(result.outcome).toBe('passed');
    expect(result.recovered).toEqual([2]);
  });

  test('with the primary replaced when it crashes', async () => {
    const result = await resultOf({
      timeline: [{ type: 'crash', atMs: 5, replica: 0 }],
    });
    expect(result.outcome).toBe('passed');
    expect(result.viewChanges).toBe(1);
  });
});

describe('with exactly f adversaries', () => {
  test.each(behaviourNames)('%s: every request is answered and no checker fires', async (name) => {
    const result = await resultOf({
      adversaries: [{ replicas: [0], behaviour: name, fromMs: 0, untilMs: null }],
      workload: nops(12),
    });
    expect(result.violations).toEqual([]);
    expect(result.outcome).toBe('passed');
  });
});

test('how long a liar went undetected is told in virtual time and messages', async () => {
  const liar = { replicas: [0], behaviour: 'equivocate', fromMs: 50, untilMs: null } as const;
  const { detections, accusations } = await resultOf({ adversaries: [liar], workload: nops(200) });
  expect(detections).toMatchObject([{ replica: 0, evidence: accusations[0]?.evidence }]);
  const [{ ms, messages }] = detections as [(typeof detections)[number]];
  // Two of the others have to compare what they were told: two links at the least, at 1 to 5 ms.
  expect(ms).toBeGreaterThan(2);
  expect(ms).toBeLessThan((accusations[0]?.atMs ?? 0) - 50);
  expect(messages).toBeGreaterThan(2);
});

test('one client is censored and no other, until its primary is replaced', async () => {
  const options = { client: 1 };
  const villain = {
    replicas: [0],
    behaviour: 'censor',
    options,
    fromMs: 0,
    untilMs: null,
  } as const;
  const workload = { ...certificates(12), clients: 3, outstanding: 1 };
  const events = await eventsOf({ adversaries: [villain], workload });
  const replacedMs = events.find(({ type }) => type === 'view')?.atMs ?? 0;
  const answers = events.filter((event) => event.type === 'request');
  const firstMs = [0, 1, 2].map((client) => {
    return answers.find(({ record }) => record.client === client)?.atMs ?? 0;
  });
  expect(firstMs.map((ms) => ms > replacedMs)).toEqual([false, true, false]);
  expect(answers).toHaveLength(12);
});

test('with f+1 colluders the agreement checker fires, and tells time and trace', async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 5; seed++) {
    const { violations, outcome } = await resultOf({
      seed,
      adversaries: [{ replicas: [0, 1], behaviour: 'collude', fromMs: 0, untilMs: null }],
      workload: nops(20),
      durationMs: 10_000,
    });
    outcomes.add(`${outcome} ${violations[0]?.checker}`);
    if (outcome !== 'diverged') continue;
    const { trace = [], atMs, replicas } = violations[0] as (typeof violations)[number];
    const last = new RegExp(`^${atMs.toFixed(3)} ms replica-[${replicas.join('')}] decides `);
    expect(trace.at(-1)).toMatch(last);
  }
  expect([...outcomes]).toContain('diverged agreement');
});

import { expect, test } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';
import { runInSimulator } from '../../src/simulator/run.ts';
import { verifyCertificate } from '../../src/trustchain/verify.ts';
import { certificates, nops, scenario } from './scenarios.ts';

async function play(changes: Partial<Scenario>) {
  const events: RunEvent[] = [];
  const played = scenario({ replicas: { voting: 4, standby: 1 }, ...changes });
  const output = await runInSimulator(played, {
    onEvent: (event) => {
      if (event.type !== 'message') events.push(event);
    },
  });
  return { ...output, events };
}

const liar = { replicas: [0], behaviour: 'equivocate', fromMs: 0, untilMs: null } as const;
const paced = (requests: number, ratePerSecond: number) => ({
  ...nops(requests, 2),
  ratePerSecond,
});

test('a standby takes the place of the isolated, and the cluster survives a crash', async () => {
  const timeline = [{ type: 'crash', atMs: 3000, replica: 2 }] as const;
  const run = { adversaries: [liar], timeline, workload: paced(120, 20) };
  const { result, events } = await play(run);
  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({ outcome: 'passed', issued: 120, isolated: [0], accused: [0] });
  const begun = events.filter((event) => event.type === 'epoch');
  expect(begun.map(({ replica }) => replica)).toEqual(expect.arrayContaining([1, 2, 3, 4]));
  for (const event of begun) expect(event).toMatchObject({ epoch: 1, members: [4, 1, 2, 3] });
  // Without the standby's vote the same crash is one too many.
  const alone = await play({ ...run, replicas: { voting: 4, standby: 0 }, durationMs: 12_000 });
  expect(alone.result).toMatchObject({ outcome: 'stalled', isolated: [0] });
  expect(alone.result.violations).toEqual([]);
});

test('a liar in the second epoch is caught too, and named by its process', async () => {
  const second = {
    replicas: [1],
    behaviour: 'divergentResult',
    fromMs: 4000,
    untilMs: null,
  } as const;
  const { result, events } = await play({
    replicas: { voting: 4, standby: 2 },
    adversaries: [liar, second],
    workload: paced(240, 20),
  });
  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({ outcome: 'passed', accused: [0, 1], isolated: [0, 1] });
  const members = events.flatMap((event) => (event.type === 'epoch' ? [event.members] : []));
  expect(members.at(-1)).toEqual([4, 5, 2, 3]);
});

test('a villain that was promoted is as mean as any, under its new index', async () => {
  const promoted = { ...liar, replicas: [4] };
  const { result } = await play({
    replicas: { voting: 4, standby: 2 },
    adversaries: [liar, promoted],
    workload: paced(160, 20),
  });
  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({ outcome: 'passed', accused: [0, 4], isolated: [0, 4] });
});

test('certificates of both epochs verify with the one file the run leaves', async () => {
  const { result, artefacts, events } = await play({
    adversaries: [liar],
    workload: { ...certificates(40), ratePerSecond: 10 },
  });
  expect(result).toMatchObject({ outcome: 'passed', issued: 40, isolated: [0] });
  const after = events.flatMap((event) => (event.type === 'epoch' ? [event.after] : []))[0];
  const sequences = result.requests.map(({ sequence }) => sequence ?? 0);
  expect(Math.min(...sequences)).toBeLessThan(after as number);
  expect(Math.max(...sequences)).toBeGreaterThan(after as number);
  const { validatorsJson, caPem } = artefacts;
  for (const { pem, proofJson } of artefacts.certificates) {
    const certificate = { certificatePem: pem, proofJson, validatorsJson, caPem };
    const { checks } = verifyCertificate({ ...certificate, scheme: idealScheme });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  }
});

test('a run through epochs repeats to the byte', async () => {
  const run = { adversaries: [liar], workload: paced(60, 20) };
  const [first, again] = [await play(run), await play(run)];
  expect(again.result.traceDigest).toBe(first.result.traceDigest);
});

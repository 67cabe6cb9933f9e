import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ClusterHooks, runOnCluster } from '../../src/cluster/index.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';
import { isAlive, isThere, noneInvalid, scenarioWith } from './fixtures.ts';

/** A run, what it told, and whether anything of it is left. */
async function played(changes: Partial<Scenario>, hooks: Partial<ClusterHooks> = {}) {
  const events: RunEvent[] = [];
  const pids = new Set<number>();
  let directory = '';
  let look = (): readonly (number | null)[] => [];
  const note = () => {
    for (const pid of look()) if (pid !== null) pids.add(pid);
  };
  const output = await runOnCluster(scenarioWith(changes), {
    ...hooks,
    onUp: (up) => {
      look = up.pids;
      directory = up.directory;
      note();
      return hooks.onUp?.(up);
    },
    onEvent: (event) => {
      note();
      events.push(event);
      hooks.onEvent?.(event);
    },
  });
  const left = [...pids].filter(isAlive);
  return { ...output, events, started: pids.size, left, directoryLeft: isThere(directory) };
}

function faultsOf({ events }: { readonly events: readonly RunEvent[] }): string[] {
  const faults = events.flatMap((event) => (event.type === 'fault' ? [event] : []));
  return faults.map(({ what, replicas, detail }) => `${what} ${replicas}: ${detail}`).toSorted();
}

test('certificates come out of four processes, one of which lies and is convicted', async () => {
  const run = await played({
    adversaries: [{ replicas: [0], behaviour: 'equivocate', fromMs: 0, untilMs: null }],
    workload: {
      clients: 2,
      requests: 12,
      ratePerSecond: null,
      outstanding: 4,
      invalid: { space: 1, stake: 1, work: 1, time: 1, signature: 1, replay: 1 },
    },
  });
  const { result, artefacts } = run;
  expect(faultsOf(run)).toEqual(['adversary 0: replica 0 breaks the protocol: equivocate']);
  expect(result).toMatchObject({
    outcome: 'passed',
    transport: 'libp2p',
    issued: 6,
    rejected: { total: 6, space: 1, stake: 1, work: 1, time: 1, signature: 1, replay: 1 },
    pending: 0,
    accused: [0],
    violations: [],
    partial: false,
  });
  expect(result.viewChanges).toBeGreaterThanOrEqual(1);
  const proofs = result.accusations.map(({ evidence, messages }) => [evidence, messages.length]);
  expect(proofs).toContainEqual(['conflictingPrePrepare', 2]);
  const [found] = result.detections;
  expect(found).toMatchObject({ replica: 0, evidence: 'conflictingPrePrepare' });
  expect(found?.ms).toBeLessThan(result.accusations[0]?.atMs ?? 0);
  expect(result.messages.sent).toBeGreaterThan(result.messages.delivered / 2);
  expect(result.bytesSent).toBeGreaterThan(100_000);
  const messages = run.events.flatMap((event) => (event.type === 'message' ? [event] : []));
  // Who is told of twice was heard at both ends; names are those of the scenario.
  expect(messages.filter(({ deliveredAtMs }) => deliveredAtMs !== null).length).toBeGreaterThan(
    100,
  );
  const names = new Set(messages.flatMap(({ from, to }) => [from, to]));
  expect([...names].toSorted()).toEqual([
    ...['client-0', 'client-1'],
    ...['replica-0', 'replica-1', 'replica-2', 'replica-3'],
  ]);
  expect(artefacts.certificates).toHaveLength(6);
  expect(artefacts.caPem).toContain('BEGIN CERTIFICATE');
  expect(run).toMatchObject({ started: 4, left: [], directoryLeft: false });
});

test('a killed backup, a crash and a lost disk change nothing about the verdict', async () => {
  const killed: number[] = [];
  let pids: () => readonly (number | null)[] = () => [];
  const run = await played(
    {
      replicas: { voting: 7, standby: 0 },
      timeline: [{ type: 'restart', atMs: 1500, replica: 2, disk: 'lost' }],
      workload: {
        clients: 2,
        requests: 20,
        ratePerSecond: null,
        outstanding: 2,
        invalid: noneInvalid,
      },
    },
    {
      onUp: (up) => {
        pids = up.pids;
      },
      onEvent: (event) => {
        // In the middle of the work, by someone the run knows nothing of.
        const victim = pids()[5];
        if (event.type !== 'request' || killed.length > 0 || victim == null) return;
        killed.push(victim);
        process.kill(victim, 'SIGKILL');
      },
    },
  );
  const { result } = run;
  expect(result).toMatchObject({ outcome: 'passed', issued: 20, pending: 0, recovered: [2, 5] });
  // Whoever killed it, it is started again as a service manager would.
  expect(faultsOf(run).toSorted()).toEqual([
    'crash 5: replica 5 is gone: SIGKILL',
    'restart 2: replica 2 restarts, disk lost',
    'restart 5: replica 5 was killed and is started again',
  ]);
  expect(run).toMatchObject({ started: 9, left: [], directoryLeft: false });
});

test('a backup killed before the run begins is started again, as if it had never run', async () => {
  const run = await played(
    {
      adversaries: [{ replicas: [0], behaviour: 'equivocate', fromMs: 0, untilMs: null }],
      workload: {
        clients: 1,
        requests: 6,
        ratePerSecond: null,
        outstanding: 2,
        invalid: noneInvalid,
      },
    },
    {
      onUp: async ({ pids }) => {
        process.kill(pids()[2]!, 'SIGKILL');
        while (pids()[2] !== null) await setTimeout(10);
      },
    },
  );
  // Replica 0 is convicted and counts for nothing: without replica 2 nothing would be decided.
  expect(run.result).toMatchObject({ outcome: 'passed', issued: 6, pending: 0, accused: [0] });
  const [crash] = run.events.filter((event) => event.type === 'fault');
  expect(crash).toMatchObject({ what: 'crash', replicas: [2], atMs: 0 });
  expect(run).toMatchObject({ started: 5, left: [], directoryLeft: false });
});

test('an aborted run stops, says that it is partial, and leaves nothing', async () => {
  const abort = new AbortController();
  const run = await played(
    {
      workload: {
        clients: 1,
        requests: 1000,
        ratePerSecond: null,
        outstanding: 1,
        invalid: noneInvalid,
      },
    },
    {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'request') abort.abort();
      },
    },
  );
  expect(run.result).toMatchObject({ partial: true, outcome: 'stalled' });
  expect(run.result.pending).toBeGreaterThan(900);
  expect(run).toMatchObject({ left: [], directoryLeft: false });
});

test('without a quorum the run ends at its duration, stalled', async () => {
  const run = await played({
    durationMs: 2500,
    timeline: [
      { type: 'crash', atMs: 0, replica: 1 },
      { type: 'crash', atMs: 0, replica: 2 },
    ],
  });
  expect(run.result).toMatchObject({ outcome: 'stalled', issued: 0, pending: 4, partial: false });
  expect(run.result.virtualMs).toBeGreaterThanOrEqual(2500);
  expect(run).toMatchObject({ left: [], directoryLeft: false });
});

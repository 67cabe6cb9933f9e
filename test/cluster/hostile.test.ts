import { expect, test } from 'vitest';
import { runOnCluster } from '../../src/cluster/index.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';
import { noneInvalid, scenarioWith } from './fixtures.ts';

async function played(changes: Partial<Scenario>) {
  const events: RunEvent[] = [];
  const scenario = scenarioWith({ durationMs: 120_000, ...changes });
  const { result } = await runOnCluster(scenario, { onEvent: (event) => events.push(event) });
  return { result, events };
}

const workload = {
  clients: 1,
  requests: 12,
  ratePerSecond: 6,
  outstanding: 4,
  invalid: noneInvalid,
};
const spread = { fromMs: 0, untilMs: 1500 };

test('hostile clients over libp2p harm nobody, and each gets what it deserves', {
  timeout: 180_000,
}, async () => {
  const { result } = await played({
    workload,
    hostileClients: [
      { behaviour: 'conflict', requests: 4, ...spread },
      { behaviour: 'halfSend', requests: 6, ...spread },
      { behaviour: 'oneBackup', requests: 4, ...spread },
      { behaviour: 'flood', requests: 100, ...spread },
      { behaviour: 'garbage', requests: 40, ...spread },
      { behaviour: 'poison', requests: 5, ...spread },
    ],
  });
  expect(result).toMatchObject({
    outcome: 'passed',
    issued: 12,
    accused: [],
    isolated: [],
    violations: [],
    hostileClients: [
      { behaviour: 'conflict', misdeeds: 4, asked: 8, answered: 8, honoured: 4 },
      { behaviour: 'halfSend', misdeeds: 6, asked: 6, answered: 6, honoured: 6 },
      { behaviour: 'oneBackup', misdeeds: 4, asked: 4, answered: 4, honoured: 4 },
      { behaviour: 'flood', misdeeds: 100 },
      { behaviour: 'garbage', misdeeds: 40, throttledBy: [0, 1, 2, 3] },
      { behaviour: 'poison', misdeeds: 5, asked: 2, answered: 2, honoured: 0 },
    ],
  });
});

test('an equivocator is isolated, started again honest, readmitted over libp2p, and votes', {
  timeout: 180_000,
}, async () => {
  const { result, events } = await played({
    // Long enough that there is still something to vote on once a busy machine has taken it back.
    workload: { ...workload, requests: 90 },
    adversaries: [{ replicas: [0], behaviour: 'equivocate', fromMs: 0, untilMs: 4000 }],
    timeline: [
      { type: 'crash', atMs: 5000, replica: 0 },
      { type: 'restart', atMs: 5000, replica: 0, disk: 'kept' },
      { type: 'readmit', atMs: 6000, replica: 0 },
    ],
  });
  expect(result).toMatchObject({ outcome: 'passed', issued: 90, accused: [0], isolated: [] });
  const standings = events.flatMap((event) =>
    event.type === 'standing' && event.replica === 1 && event.against === 0 ? [event.to] : [],
  );
  // What comes before may be suspicion, too: of one that lies and then is silent.
  const since = standings.lastIndexOf('isolated');
  expect(standings.slice(since)).toEqual(['isolated', 'recovering', 'trusted']);
});

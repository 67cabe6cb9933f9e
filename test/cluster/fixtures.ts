import { existsSync } from 'node:fs';
import { ed25519 } from '../../src/base/signature.ts';
import { Fleet, type FleetOptions } from '../../src/cluster/fleet.ts';
import { createRunDirectory, type RunDirectory } from '../../src/cluster/run-directory.ts';
import { genesisOf } from '../../src/cluster/workload-parameters.ts';
import { noExpectations, noneInvalid } from '../../src/scenario/defaults.ts';
import { deploymentOf } from '../../src/scenario/deployment.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

export { noneInvalid };

export function scenarioWith(changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 'cluster-test',
    description: '',
    seed: 5,
    replicas: { voting: 4, standby: 0 },
    profile: 'localhost',
    transport: 'libp2p',
    storage: 'level',
    signatures: 'ed25519',
    durationMs: 60_000,
    network: { latency: { minMs: 0, maxMs: 0 }, loss: 0, duplicate: 0, reorder: 0 },
    workload: {
      clients: 1,
      requests: 4,
      ratePerSecond: null,
      outstanding: 4,
      invalid: noneInvalid,
    },
    adversaries: [],
    timeline: [],
    expect: noExpectations,
    ...changes,
  };
}

/** What one fixture process heard from another. */
export interface Heard {
  readonly by: number;
  readonly from: string;
  /** Counted by the sender since its process began. */
  readonly beats: number;
  /** The sender's clock. */
  readonly nowMs: number;
  /** How often the listener's disk saw it start. */
  readonly boots: number;
  readonly ranBefore: boolean;
}

export interface FixtureFleet {
  readonly fleet: Fleet;
  readonly directory: RunDirectory;
  readonly heard: Heard[];
  readonly lost: { readonly replica: number; readonly detail: string }[];
  dispose(): Promise<void>;
}

/** A fleet of processes that beat instead of reaching consensus. */
export async function fixtureFleet(
  scenario: Scenario,
  entry = new URL('./fixture-process.ts', import.meta.url),
): Promise<FixtureFleet> {
  const directory = await createRunDirectory();
  const deployment = deploymentOf(scenario, ed25519);
  const heard: Heard[] = [];
  const lost: { replica: number; detail: string }[] = [];
  const onEvent: FleetOptions['onEvent'] = (event) => {
    if (event.type === 'executed')
      heard.push({ by: event.replica, ...JSON.parse(event.resultsRoot) });
  };
  const fleet = new Fleet({
    scenario,
    deployment,
    genesis: genesisOf(scenario, deployment, ed25519, 0),
    directory,
    entry,
    onEvent,
    onLost: (replica, detail) => lost.push({ replica, detail }),
    onMoved: () => undefined,
  });
  const dispose = async () => {
    await fleet.stop();
    await directory.remove();
  };
  return { fleet, directory, heard, lost, dispose };
}

/** Polls; the test's own timeout is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function isThere(path: string): boolean {
  return existsSync(path);
}

import { noExpectations } from '../../src/scenario/defaults.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

/** A small scenario with every default; tests change what they are about. */
export function scenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 'test',
    description: '',
    seed: 1,
    replicas: { voting: 4, standby: 0 },
    profile: 'localhost',
    transport: 'simulated',
    storage: 'memory',
    signatures: 'ideal',
    durationMs: 60_000,
    network: { latency: { minMs: 1, maxMs: 5 }, loss: 0, duplicate: 0, reorder: 0 },
    workload: nops(10),
    adversaries: [],
    timeline: [],
    expect: noExpectations,
    ...changes,
  };
}

export const noneInvalid = { space: 0, stake: 0, work: 0, time: 0, signature: 0, replay: 0 };

export function nops(requests: number, clients = 1, outstanding = 4): Scenario['workload'] {
  const rest = { ratePerSecond: null, invalid: noneInvalid };
  return { kind: 'nops', clients, requests, outstanding, ...rest };
}

export function certificates(
  requests: number,
  invalid: Scenario['workload']['invalid'] = noneInvalid,
): Scenario['workload'] {
  return { clients: 1, requests, outstanding: 4, ratePerSecond: null, invalid };
}

import type { LinkFaults } from '../runtime/faulty-network.ts';
import { latencyFrom } from '../scenario/link-latency.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** The scenario's network, as `replica` (null: a client) applies it to what it sends. */
export function linkFaultsOf(scenario: Scenario, replica: number | null): LinkFaults {
  const { latency, loss, duplicate, reorder } = scenario.network;
  return {
    latency,
    loss,
    duplicate,
    reorder,
    ...(replica !== null && { latencyTo: latencyFrom(scenario.network, replica) }),
  };
}

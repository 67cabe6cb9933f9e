import type { LinkFaults } from '../runtime/faulty-network.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** The scenario's network conditions, as every endpoint applies them to what it sends. */
export function linkFaultsOf(scenario: Scenario): LinkFaults {
  const { latency, loss, duplicate, reorder } = scenario.network;
  return {
    latencyMinMs: latency.minMs,
    latencyMaxMs: latency.maxMs,
    loss,
    duplicate,
    reorder,
  };
}

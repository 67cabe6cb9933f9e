import { toHex } from '../base/bytes.ts';
import type { NodeStatus } from '../node/status.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { Flight } from './flight.ts';
import type { BftStatusJson, Measured } from './wire/validation-result.ts';

/** What a node measured by `nowMs` of a flight; null: of a body that never became one. */
export function measureFlight(
  flight: Pick<Flight, 'arrivedMs' | 'startedMs'> | null,
  nowMs: number,
  status: NodeStatus,
  about: { readonly n: number; readonly certified: boolean; readonly serviceLoad: number },
): Measured {
  const arrivedMs = flight?.arrivedMs ?? nowMs;
  const startedMs = flight?.startedMs ?? nowMs;
  return {
    validatorId: toHex(status.publicKey),
    validationTimeUs: Math.round((nowMs - arrivedMs) * 1000),
    consensusLatencyMs: Math.max(0, nowMs - startedMs),
    queueWaitMs: Math.max(0, startedMs - arrivedMs),
    networkLoad: Math.min(1, Math.max(about.serviceLoad, replicaLoad(status))),
    n: about.n,
    bft: bftStatusOf(status, about.certified),
  };
}

/** The fuller of the bounds that load fills in a replica: its log window, its waiting requests. */
function replicaLoad(status: NodeStatus): number {
  const { sequence, stableCheckpoint, logWindow, pendingRequests } = status;
  const window = (sequence - stableCheckpoint) / logWindow;
  return Math.max(window, pendingRequests / protocolLimits.pendingRequests);
}

/** What this node knows of liars, now. `quorumAchieved`: for the answer at hand. */
function bftStatusOf(status: NodeStatus, quorumAchieved: boolean): BftStatusJson {
  return {
    byzantine_nodes_detected: status.convicted.length,
    byzantine_nodes: status.convicted.map(toHex),
    fault_tolerance_maintained: status.byzantine <= status.f,
    quorum_achieved: quorumAchieved,
    recovery_action_taken: status.recovery,
  };
}

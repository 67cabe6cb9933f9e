import { equalBytes } from '../base/bytes.ts';
import type { Standing } from '../ledger/account.ts';
import { decodeOperation, isIsolation, isRegistration } from '../ledger/operation.ts';
import { type Evidence, newestSequence } from '../pbft/evidence.ts';
import { rejectEvidence } from '../pbft/evidence-check.ts';
import { decodeEvidence } from '../pbft/evidence-codec.ts';
import { limits } from '../pbft/limits.ts';
import type { Operation, ReplicaIndex, Statement } from '../pbft/messages.ts';
import type { Reason } from '../pbft/reason.ts';
import type { ReplicaState } from '../pbft/state.ts';
import type { Address, Network } from '../runtime/ports.ts';
import type { Seat } from '../runtime/seat.ts';
import { mayBeOfOtherEpoch } from './other-epoch.ts';

/**
 * Why an operation may not come over the link to `from`, or null: a node that registers a network
 * position does so from there, over a connection that its own key proved. Where links prove no
 * keys (virtual time), nothing is checked.
 */
function rejectPosition(operation: Operation, network: Network, from: Address): Reason | null {
  if (!isRegistration(operation)) return null;
  const connectionKey = network.publicKeyOf?.(from) ?? null;
  if (connectionKey === null) return null;
  const decoded = decodeOperation(operation);
  if (!decoded.ok || decoded.value.type !== 'order') return null;
  const { nodeId, order } = decoded.value;
  if (order.type !== 'registerPlot' || (order.position ?? null) === null) return null;
  return equalBytes(nodeId, connectionKey) ? null : 'a position registered over another connection';
}

/** What a request to isolate somebody is worth where it arrives; `none`: it is no such request. */
export type Accusation = 'none' | 'proof' | 'moot' | 'unknown' | 'slander';

/** What the committed state says of members. */
interface JudgedState {
  readonly isolated: readonly ReplicaIndex[];
  standing(replica: ReplicaIndex): Standing | null;
}

/** Of before the accused was taken back: the ledger would refuse it. */
function isPaid(evidence: Evidence, standing: Standing | null): boolean {
  return standing?.status === 'readmitted' && newestSequence(evidence) <= standing.sequence;
}

/**
 * Judges evidence at the door, so that what proves nothing is never ordered and strikes who sent
 * it. `moot`: the accused is isolated already, or has been taken back since. `unknown`: it may
 * prove something in another epoch.
 */
export function judgeAccusation(
  operation: Operation,
  seat: Seat,
  committed: JudgedState,
  state: ReplicaState | null,
): Accusation {
  if (!isIsolation(operation)) return 'none';
  const decoded = decodeOperation(operation);
  if (!decoded.ok || decoded.value.type !== 'isolate') return 'slander';
  const evidence = decodeEvidence(decoded.value.evidence);
  if (!evidence.ok) return 'slander';
  const { accused } = evidence.value;
  if (committed.isolated.includes(accused)) return 'moot';
  if (isPaid(evidence.value, committed.standing(accused))) return 'moot';
  if (rejectEvidence(evidence.value, seat.court) === null) return 'proof';
  if (state === null) return 'slander';
  return statementsOf(evidence.value).every((said) => mayBeOfOtherEpoch(said, seat, state))
    ? 'unknown'
    : 'slander';
}

function statementsOf(evidence: Evidence): readonly Statement[] {
  if ('first' in evidence) return [evidence.first.statement, evidence.second.statement];
  return [evidence.vote.statement];
}

/** Why an operation that a client brought is not taken up, or null. */
export function rejectOperation(
  operation: Operation,
  network: Network,
  from: Address,
): Reason | null {
  if (operation.length > limits.clientOperationBytes) {
    return `an operation of ${operation.length} bytes, at most ${limits.clientOperationBytes}`;
  }
  return rejectPosition(operation, network, from);
}

import { equalBytes } from '../base/bytes.ts';
import { decodeOperation, isRegistration } from '../ledger/operation.ts';
import { limits } from '../pbft/limits.ts';
import type { Operation } from '../pbft/messages.ts';
import type { Reason } from '../pbft/reason.ts';
import type { Address, Network } from '../runtime/ports.ts';

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

import { isIsolation } from '../ledger/operation.ts';
import { holdingsOf } from '../pbft/holdings.ts';
import type { ReplicaState } from '../pbft/state.ts';
import type { ClientDoor } from './client-door.ts';
import type { Outbox } from './outbox.ts';
import type { Replies } from './replies.ts';

/** How many things a node keeps of each kind, by the name of the structure that holds them. */
export function holdingsIn(
  state: ReplicaState,
  replies: Replies,
  inputs: readonly unknown[],
  outbox: Outbox,
  door: ClientDoor,
): Record<string, number> {
  return {
    ...holdingsOf(state),
    ...replies.sizes,
    accusations: [...state.pending.values()].filter(isIsolation).length,
    inputs: inputs.length,
    parcels: outbox.size,
    clients: door.size,
  };
}

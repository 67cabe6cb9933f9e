import { holdingsOf } from '../pbft/holdings.ts';
import type { ReplicaState } from '../pbft/state.ts';
import type { Outbox } from './outbox.ts';
import type { Replies } from './replies.ts';
import type { Service } from './service.ts';

/** What a node is made of, as far as it can grow. */
export interface Parts {
  readonly state: ReplicaState;
  readonly replies: Replies;
  readonly inputs: readonly unknown[];
  readonly ran: ReadonlyMap<number, unknown>;
  readonly outbox: Outbox;
  readonly service: Service;
}

/** How many things a node keeps of each kind, by the name of the structure that holds them. */
export function holdingsIn(parts: Parts): Record<string, number> {
  const { state, replies, inputs, ran, outbox, service } = parts;
  return {
    ...holdingsOf(state),
    ...replies.sizes,
    inputs: inputs.length,
    ran: ran.size,
    parcels: outbox.size,
    snapshots: service.snapshotCount,
  };
}

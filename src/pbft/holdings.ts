import type { ReplicaState } from './state.ts';

/** How many things a replica keeps of each kind, by the name of the structure that holds them. */
export function holdingsOf(state: ReplicaState): Record<string, number> {
  let slotVotes = 0;
  for (const { prepares, commits } of state.slots.values())
    slotVotes += prepares.size + commits.size;
  let checkpointVotes = 0;
  for (const votes of state.checkpointVotes.values()) checkpointVotes += votes.size;
  return {
    slots: state.slots.size,
    slotVotes,
    aside: state.aside.size,
    batches: state.batches.size,
    pending: state.pending.size,
    proposed: state.proposed.size,
    unproposed: state.unproposed.size,
    overdue: state.overdue.size,
    relayed: state.relayed.size,
    checkpointVotes,
    viewChanges: state.viewChanges.size,
    complaints: state.complaints.size,
    peers: state.peers.size,
    resent: state.resent.size,
    accused: state.accused.size,
  };
}

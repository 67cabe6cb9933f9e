import type { Standings } from '../faults/standing.ts';
import type { Membership } from '../ledger/membership.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { ReplicaState } from '../pbft/state.ts';
import type { Epoch } from './epoch.ts';
import type { Service } from './service.ts';
import type { Vigil } from './vigil.ts';

/** Where a node stands at this moment, read off its own state: for whoever looks from outside. */
export interface NodeVitals {
  readonly epoch: Epoch;
  readonly view: number;
  /** False between leaving a view and entering the next, and before the node began. */
  readonly active: boolean;
  readonly executed: number;
  readonly stableCheckpoint: number;
  readonly pendingRequests: number;
  readonly pendingBytes: number;
  /** Its disk was lost: it votes for nothing it may have forgotten. */
  readonly recovering: boolean;
  /** It fetches the state of a checkpoint that it cannot reach by itself. */
  readonly fetchingState: boolean;
  readonly membership: Membership;
  readonly isolated: readonly ReplicaIndex[];
  /** Its opinion of the members; null: it only follows, and has none. */
  readonly standings: Standings | null;
  /** Bits of work asked of requests made for the present beacon. */
  readonly computeBits: number;
  readonly beaconEpoch: number;
  /** Static checks that execution found in memory, and those it had to make. */
  readonly staticChecks: { readonly hits: number; readonly misses: number };
}

/** `honest`: null before the node began; `vigil`: null for who only follows. */
export function vitalsOf(
  epoch: Epoch,
  honest: { readonly state: ReplicaState } | null,
  service: Service,
  vigil: Vigil | null,
): NodeVitals {
  const { membership, isolated, verdicts, terms } = service;
  const state = honest?.state;
  const base = epoch.court.base?.statement.sequence ?? 0;
  return {
    epoch,
    view: state?.view ?? 0,
    active: state?.active ?? false,
    executed: state?.lastExecuted ?? base,
    stableCheckpoint: state?.stable?.statement.sequence ?? base,
    pendingRequests: state?.pending.size ?? 0,
    pendingBytes: state?.pendingBytes ?? 0,
    recovering: (state?.recovering ?? null) !== null,
    fetchingState: (state?.transfer ?? null) !== null,
    membership,
    isolated,
    standings: vigil?.standings ?? null,
    ...terms,
    staticChecks: { hits: verdicts.hits, misses: verdicts.misses },
  };
}

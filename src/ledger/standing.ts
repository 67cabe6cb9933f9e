import type { SignatureScheme } from '../base/signature.ts';
import { maxFaulty, quorum } from '../pbft/quorum.ts';
import type { Genesis } from './genesis.ts';
import { limits } from './limits.ts';
import { isolatedReplicas, membershipOf } from './membership.ts';
import { type LedgerOperation, readmitBytes } from './operation.ts';
import type { Refusal } from './orders.ts';
import type { LedgerState } from './state.ts';

/** Whom evidence convicts, and of what. */
export interface Conviction {
  readonly replica: number;
  readonly type: string;
  /** The newest sequence the lie is about. */
  readonly sequence: number;
}

/** Null when the evidence proves nothing. Pure. */
export type CheckEvidence = (evidence: Uint8Array) => Conviction | null;

/**
 * Isolates the replica the evidence convicts and burns its stake, at most f at a time: past that
 * more than f are faulty, no decision can be trusted, and removing voters would only hide it.
 */
export function isolate(
  state: LedgerState,
  evidence: Uint8Array,
  sequence: number,
  checkEvidence: CheckEvidence,
): Refusal {
  const { members } = membershipOf(state);
  const n = members.length;
  const found = checkEvidence(evidence);
  if (found === null) return 'the evidence proves nothing';
  const key = members[found.replica];
  if (key === undefined) return `no replica ${found.replica}`;
  const isolated = isolatedReplicas(state);
  if (isolated.includes(found.replica)) return `replica ${found.replica} is isolated already`;
  if (isPaid(state, found)) return `replica ${found.replica} was readmitted after that`;
  if (isolated.length >= maxFaulty(n)) return `${isolated.length} of ${n} are isolated already`;
  state.putStanding(found.replica, {
    status: 'isolated',
    sequence,
    sinceMs: state.clock.nowMs,
    evidenceType: found.type.slice(0, limits.reasonBytes),
  });
  slash(state, key);
  return null;
}

/** Whoever was taken back answers for what it says from then on: old lies would end it at once. */
function isPaid(state: LedgerState, { replica, sequence }: Conviction): boolean {
  const standing = state.standing(replica);
  return standing?.status === 'readmitted' && sequence <= standing.sequence;
}

/** Moves all locked units to `burned`: they stay in the sum. */
function slash(state: LedgerState, nodeId: Uint8Array): void {
  const account = state.account(nodeId);
  if (account === null) return;
  const { supply } = state;
  state.supply = { ...supply, burned: supply.burned + account.locked };
  state.putAccount(nodeId, { ...account, status: 'slashed', locked: 0 });
}

/**
 * Ends an isolation by a quorum of the other validators, whose signatures the operation carries:
 * the isolated replica has no say in it. Its stake stays burned.
 */
export function readmit(
  state: LedgerState,
  operation: Extract<LedgerOperation, { type: 'readmit' }>,
  sequence: number,
  genesis: Genesis,
  scheme: SignatureScheme,
): Refusal {
  const { replica, isolatedAt, votes } = operation;
  const { members } = membershipOf(state);
  const n = members.length;
  const standing = state.standing(replica);
  if (standing?.status !== 'isolated') return `replica ${replica} is not isolated`;
  if (standing.sequence !== isolatedAt) return `isolated at ${standing.sequence}`;
  const isolated = isolatedReplicas(state);
  const bytes = readmitBytes(genesis.chainId, replica, isolatedAt);
  const voters = new Set<number>();
  const heard = new Set<number>();
  for (const vote of votes) {
    const key = members[vote.replica];
    // One signature of each member is checked, however many came in its name.
    if (key === undefined || heard.has(vote.replica) || isolated.includes(vote.replica)) continue;
    heard.add(vote.replica);
    if (scheme.verify(key, bytes, vote.signature)) voters.add(vote.replica);
  }
  // With f isolated exactly a quorum is left in the tightest case: n − f ≥ quorum(n).
  if (voters.size < quorum(n)) return `${voters.size} valid votes, ${quorum(n)} wanted`;
  const { nowMs: sinceMs } = state.clock;
  state.putStanding(replica, { ...standing, status: 'readmitted', sequence, sinceMs });
  return null;
}

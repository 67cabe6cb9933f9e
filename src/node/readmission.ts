import type { Signer } from '../base/signature.ts';
import type { Standing } from '../ledger/account.ts';
import { type ReadmitVote, readmitBytes, readmitOperation } from '../ledger/operation.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import { quorum } from '../pbft/quorum.ts';
import { follows, type Seat } from '../runtime/seat.ts';
import type { NodeOptions } from './options.ts';

/** One validator's word that an isolated one may come back. */
export interface ReadmissionVote {
  /** Of whom it speaks, and which isolation it would end: the operation needs both. */
  readonly replica: ReplicaIndex;
  readonly isolatedAt: number;
  readonly vote: ReadmitVote;
}

/**
 * Signs that `process` may come back; null where it is not isolated, or where the voter has no say:
 * it follows, or it is the isolated one itself. To be signed on an operator's order only.
 */
export function voteForReadmission(
  process: number,
  standingOf: (replica: ReplicaIndex) => Standing | null,
  seat: Seat,
  { signer, genesis }: Pick<NodeOptions, 'signer' | 'genesis'>,
): ReadmissionVote | null {
  const replica = seat.processes.indexOf(process);
  const standing = standingOf(replica);
  if (standing?.status !== 'isolated' || follows(seat) || seat.index === replica) return null;
  const { chainId } = genesis;
  return signReadmission(replica, standing.sequence, seat.index, { chainId, signer });
}

/** The word of validator `voter` for the end of this isolation of `replica`. */
export function signReadmission(
  replica: ReplicaIndex,
  isolatedAt: number,
  voter: ReplicaIndex,
  { chainId, signer }: { readonly chainId: string; readonly signer: Signer },
): ReadmissionVote {
  const signature = signer.sign(readmitBytes(chainId, replica, isolatedAt));
  return { replica, isolatedAt, vote: { replica: voter, signature } };
}

/**
 * The operation that ends an isolation, as soon as votes about the same one make a quorum of `n`;
 * null before. Forged votes are the ledger's to find.
 */
export function readmissionOf(votes: readonly ReadmissionVote[], n: number): Uint8Array | null {
  const byIsolation = Map.groupBy(votes, ({ replica, isolatedAt }) => `${replica}@${isolatedAt}`);
  for (const alike of byIsolation.values()) {
    const [first] = alike;
    const voters = new Map(alike.map(({ vote }) => [vote.replica, vote]));
    if (first === undefined || voters.size < quorum(n)) continue;
    return readmitOperation(first.replica, first.isolatedAt, [...voters.values()]);
  }
  return null;
}

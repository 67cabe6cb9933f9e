import type { Standing } from '../ledger/account.ts';
import { type ReadmitVote, readmitBytes } from '../ledger/operation.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
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
 * Signs that `replica` may come back; null where it is not isolated, or where the voter has no say:
 * it follows, or it is the isolated one itself. To be signed on an operator's order only.
 */
export function voteForReadmission(
  replica: ReplicaIndex,
  standing: Standing | null,
  seat: Seat,
  { signer, genesis }: Pick<NodeOptions, 'signer' | 'genesis'>,
): ReadmissionVote | null {
  if (standing?.status !== 'isolated' || follows(seat) || seat.index === replica) return null;
  const isolatedAt = standing.sequence;
  const signature = signer.sign(readmitBytes(genesis.chainId, replica, isolatedAt));
  return { replica, isolatedAt, vote: { replica: seat.index, signature } };
}

import { batchDigest } from '../pbft/envelope.ts';
import type { MessageOf, Operation } from '../pbft/messages.ts';
import { sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';

export type Proposal = MessageOf<'prePrepare'>;

/** The kinds of second truth for one slot, each a batch a backup has no reason to refuse. */
export const rewrites = ['later', 'reversed', 'shortened', 'empty'] as const;
export type Rewrite = (typeof rewrites)[number];

/**
 * Another proposal for the same view and sequence, signed by this villain. `step` (from 1) keeps
 * several rewrites of one proposal apart, by milliseconds. Where a rewrite would change nothing (a
 * batch of one reversed) the time moves instead, so the header always differs.
 */
export function rewriteProposal(
  kit: AdversaryKit,
  proposal: Proposal,
  rewrite: Rewrite,
  step: number,
): Proposal {
  const { view, sequence, timestamp } = proposal.header.statement;
  const batch = rewriteBatch(proposal.batch, rewrite);
  const empty = batch.length === 0;
  const header = sign(kit, {
    type: 'prePrepare',
    view,
    sequence,
    batchDigest: batchDigest(batch),
    // The null batch has no time (messages.ts); moving it too would make it malformed.
    timestamp: empty && proposal.batch.length > 0 ? 0 : timestamp + step,
  });
  return { type: 'prePrepare', header, batch };
}

function rewriteBatch(batch: readonly Operation[], rewrite: Rewrite): readonly Operation[] {
  switch (rewrite) {
    case 'later':
      return batch;
    case 'reversed':
      return [...batch].reverse();
    case 'shortened':
      return batch.length > 1 ? batch.slice(0, -1) : batch;
    case 'empty':
      return [];
  }
}

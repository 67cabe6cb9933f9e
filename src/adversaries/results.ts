import type { Envelope, ReplicaIndex, ResultStatement } from '../pbft/messages.ts';
import type { Effect } from '../pbft/replica.ts';
import { sendEach, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/** What a villain claims a batch led to, in place of the truth; null keeps to the truth. */
export type Claim = (
  truth: ResultStatement,
  to: ReplicaIndex | 'client',
) => Partial<ResultStatement> | null;

/**
 * Signs other results than the service gave: in checkpoint votes to replicas, each receiver its
 * own, and in replies to clients. Every other effect stays as it is.
 */
export function claimResults(kit: AdversaryKit, effect: Effect, claim: Claim): readonly Effect[] {
  const restate = (
    vote: Envelope<ResultStatement>,
    to: ReplicaIndex | 'client',
  ): Envelope<ResultStatement> => {
    const claimed = claim(vote.statement, to);
    return claimed === null ? vote : sign(kit, { ...vote.statement, ...claimed });
  };
  if (effect.type === 'reply') return [{ type: 'reply', vote: restate(effect.vote, 'client') }];
  if (effect.type !== 'send' || effect.message.type !== 'checkpoint') return [effect];
  const { vote } = effect.message;
  if (vote.sender !== kit.index) return [effect];
  return sendEach(kit, effect, (to) => ({ type: 'checkpoint', vote: restate(vote, to) }));
}

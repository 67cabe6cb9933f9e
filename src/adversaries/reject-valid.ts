import { utf8 } from '../base/bytes.ts';
import { digest } from '../base/digest.ts';
import type { Message } from '../pbft/messages.ts';
import type { Behaviour } from '../pbft/replica.ts';
import { around } from './around.ts';
import type { AdversaryKit } from './kit.ts';
import { Recent } from './recent.ts';
import { claimResults } from './results.ts';

/**
 * Finds fault with every second batch although there is none: proposes it to nobody, votes for it
 * neither way, and afterwards signs a result that refuses all of it. It may withhold its own votes
 * and claim its own result; it may not alter what others said.
 */
export function rejectValid(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const verdicts = new Recent<number, boolean>(1024);
    const rejects = (sequence: number): boolean => {
      let verdict = verdicts.get(sequence);
      if (verdict === undefined) {
        verdict = kit.random.chance(0.5);
        verdicts.set(sequence, verdict);
      }
      return verdict;
    };
    return around(honest, {
      says(effect) {
        if (effect.type === 'send' && isVoteFor(effect.message, rejects)) return [];
        return claimResults(kit, effect, ({ sequence }) =>
          rejects(sequence) ? { resultsRoot: refusedRoot(kit, sequence) } : null,
        );
      },
    });
  };
}

function isVoteFor(message: Message, rejects: (sequence: number) => boolean): boolean {
  switch (message.type) {
    case 'prePrepare':
      return rejects(message.header.statement.sequence);
    case 'prepare':
    case 'commit':
      return rejects(message.vote.statement.sequence);
    default:
      return false;
  }
}

function refusedRoot(kit: AdversaryKit, sequence: number): string {
  return digest('adversaries/refused', utf8(`${kit.planSeed}/${sequence}`));
}

import { equalBytes } from '../base/bytes.ts';
import type { Answer, MessageOf, Vote } from '../pbft/messages.ts';
import { quorum, weakQuorum } from '../pbft/quorum.ts';
import type { Address } from '../runtime/ports.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import { maxVotesPerReplica } from './limits.ts';

type Reply = MessageOf<'reply'>;

/** Replicas that say the same: one statement, and one result at one place below its root. */
interface Group {
  readonly reply: Reply;
  readonly answer: Answer;
  /** Members of the epoch it was said in: another statement, another group. */
  readonly n: number;
  /** One per replica, ascending; and the views it was in, in no order. */
  readonly votes: Vote[];
  readonly views: number[];
}

/**
 * The votes for one request. A vote counts for the pair (statement, answer), not for the statement
 * alone: the vote covers a batch, and only the replier's word ties a result of it to this request.
 * A quorum holds f+1 correct replicas, whose word is true.
 */
export class Tally {
  private readonly groups: Group[] = [];
  /** Per replica, by its link: the group it joined at each sequence. */
  private readonly said = new Map<Address, Map<number, Group>>();

  hasHeard(replica: Address): boolean {
    return this.said.has(replica);
  }

  /**
   * Counts a checked reply; `n`: members of the epoch it was given in. `repeated` is a
   * retransmission; `contradiction` a second word of the same replica about one sequence, or more
   * sequences than a correct replica can name.
   */
  add(
    from: Address,
    reply: Reply,
    answer: Answer,
    n: number,
  ): 'counted' | 'repeated' | 'contradiction' {
    const { sender, signature, statement } = reply.vote;
    let said = this.said.get(from);
    if (said === undefined) {
      said = new Map();
      this.said.set(from, said);
    }
    const before = said.get(statement.sequence);
    if (before !== undefined)
      return saysTheSame(before, reply, answer) ? 'repeated' : 'contradiction';
    if (said.size >= maxVotesPerReplica) return 'contradiction';
    let group = this.groups.find((known) => saysTheSame(known, reply, answer));
    if (group === undefined) {
      group = { reply, answer, n, votes: [], views: [] };
      this.groups.push(group);
    }
    said.set(statement.sequence, group);
    count(group, { replica: sender, signature }, reply.view);
    return 'counted';
  }

  /** The answer a quorum of distinct replicas gave, votes ascending; null while there is none. */
  certified(): CertifiedAnswer | null {
    for (const { reply, answer, n, votes, views } of this.groups) {
      if (votes.length < quorum(n)) continue;
      return {
        certificate: { statement: reply.vote.statement, votes: votes.slice() },
        answer,
        // f+1 repliers are there or beyond, so a correct one is.
        view: views.toSorted((a, b) => b - a)[weakQuorum(n) - 1] ?? 0,
      };
    }
    return null;
  }
}

function count({ votes, views }: Group, vote: Vote, view: number): void {
  let at = votes.length;
  while (at > 0 && (votes[at - 1] as Vote).replica > vote.replica) at--;
  votes.splice(at, 0, vote);
  views.push(view);
}

/** The same statement, word for word, and the same result at the same place below its root. */
function saysTheSame(group: Group, reply: Reply, answer: Answer): boolean {
  if (!equalBytes(group.reply.vote.payload, reply.vote.payload)) return false;
  const known = group.answer;
  return (
    known === answer ||
    (known.index === answer.index &&
      known.batchSize === answer.batchSize &&
      equalBytes(known.result, answer.result))
  );
}

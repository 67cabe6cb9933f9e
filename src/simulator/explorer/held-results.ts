import { rememberedCheckpoints } from '../../pbft/checkpoint.ts';
import type { CheckpointCertificate, Envelope, ResultStatement } from '../../pbft/messages.ts';
import { quorum } from '../../pbft/quorum.ts';
import { encodeStatement } from '../../pbft/statement-codec.ts';

type Vote = Envelope<ResultStatement>;

/**
 * What one correct replica holds of checkpoints in one life: votes, its own among them, and what a
 * quorum certified. A vote for something else proves a lie only beside such a certificate: that the
 * truth is known up here does not put it into a replica's hands.
 */
export class HeldResults {
  private readonly n: number;
  /** By sequence and sender, the first vote: as in §4.3 it is the one that counts. */
  private readonly votes = new Map<number, Map<number, string>>();
  private readonly certified = new Map<number, string>();

  constructor(n: number) {
    this.n = n;
  }

  /** Who is proven a liar now that this vote came. */
  onVote({ sender, payload, statement }: Vote): readonly number[] {
    const { sequence } = statement;
    const said = contentOf(payload);
    const votes = this.votes.get(sequence) ?? new Map<number, string>();
    this.votes.set(sequence, votes);
    if (!votes.has(sender)) votes.set(sender, said);
    const certified = this.certified.get(sequence);
    if (certified !== undefined) return certified === said ? [] : [sender];
    const equal = [...votes.values()].filter((other) => other === said);
    return equal.length >= quorum(this.n) ? this.certify(sequence, said) : [];
  }

  /** Who is proven a liar now that this certificate came. */
  onCertificate({ statement }: CheckpointCertificate): readonly number[] {
    if (this.certified.has(statement.sequence)) return [];
    return this.certify(statement.sequence, contentOf(encodeStatement(statement)));
  }

  /** A later vote for this sequence could still be held against something. */
  judges(sequence: number): boolean {
    return this.certified.has(sequence);
  }

  /** A replica keeps no votes below `lowest`. */
  forgetBelow(lowest: number): void {
    for (const sequence of this.votes.keys()) if (sequence < lowest) this.votes.delete(sequence);
  }

  private certify(sequence: number, content: string): readonly number[] {
    this.certified.set(sequence, content);
    if (this.certified.size > rememberedCheckpoints) {
      this.certified.delete(Math.min(...this.certified.keys()));
    }
    const votes = [...(this.votes.get(sequence) ?? [])];
    return votes.flatMap(([sender, said]) => (said === content ? [] : [sender]));
  }
}

function contentOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString('latin1');
}

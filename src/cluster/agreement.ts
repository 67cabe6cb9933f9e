import { utf8 } from '../base/bytes.ts';
import { type Digest, digest, zeroDigest } from '../base/digest.ts';
import type { Violation } from '../scenario/result.ts';
import type { RunEvent } from '../scenario/trace.ts';

/** What the first correct replica said about a sequence number. */
interface Said {
  decided: { readonly replica: number; readonly text: string } | null;
  executed: { readonly replica: number; readonly text: string } | null;
}

/** Sequences that are remembered; a replica that lags further behind is not compared any more. */
const maxSequences = 100_000;

/**
 * Compares what correct replicas report: for one sequence number the same batch, and after it the
 * same state. Adversaries may report what they like.
 */
export class AgreementChecker {
  private readonly adversaries: ReadonlySet<number>;
  private readonly said = new Map<number, Said>();
  private nextSequence = 1;
  private chain: Digest = zeroDigest;

  constructor(adversaries: readonly number[]) {
    this.adversaries = new Set(adversaries);
  }

  /** The violation that this event makes certain, if it does. */
  judge(event: RunEvent): Violation | null {
    if (event.type === 'decided') {
      const text = `batch ${event.batchDigest} at ${event.timestamp}`;
      return this.compare(event, 'decided', text);
    }
    if (event.type === 'executed' || event.type === 'installed') {
      return this.compare(event, 'executed', `state ${event.stateDigest}`);
    }
    return null;
  }

  /** SHA-256 chain over all decisions without a gap, in order of sequence. */
  get decisionsDigest(): Digest {
    return this.chain;
  }

  private compare(
    event: { readonly replica: number; readonly sequence: number; readonly atMs: number },
    topic: 'decided' | 'executed',
    text: string,
  ): Violation | null {
    const { replica, sequence, atMs } = event;
    if (this.adversaries.has(replica)) return null;
    const said = this.saidOf(sequence);
    const first = said[topic];
    if (first === null) {
      said[topic] = { replica, text };
      this.extendChain();
      return null;
    }
    if (first.text === text) return null;
    const detail = `replica ${first.replica}: ${first.text}; replica ${replica}: ${text}`;
    const replicas = [first.replica, replica].toSorted((a, b) => a - b);
    return { checker: 'agreement', sequence, replicas, atMs, detail };
  }

  private saidOf(sequence: number): Said {
    let said = this.said.get(sequence);
    if (said === undefined) {
      said = { decided: null, executed: null };
      this.said.set(sequence, said);
      const [oldest] = this.said.keys();
      if (this.said.size > maxSequences && oldest !== undefined) this.said.delete(oldest);
    }
    return said;
  }

  private extendChain(): void {
    for (;;) {
      const decided = this.said.get(this.nextSequence)?.decided;
      if (decided == null) return;
      const line = `${this.chain} ${this.nextSequence} ${decided.text}`;
      this.chain = digest('hypermesh/decisions', utf8(line));
      this.nextSequence++;
    }
  }
}

import type { Digest } from '../base/digest.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { limits as orderingLimits } from '../pbft/limits.ts';
import type { Answer, Envelope, Message, Operation, ResultStatement } from '../pbft/messages.ts';
import { resultPaths } from '../pbft/result-tree.ts';
import type { Address } from '../runtime/ports.ts';

/** Clients that wait per request, requests that are waited for, answers kept for who asks again. */
const limits = { clientsPerRequest: 8, waitingRequests: 32_768, keptAnswers: 8192 };

/** It is waited for; or too many wait for this one; or its client has more than its share. */
export type Expectation = 'expected' | 'crowded' | 'overShare';

interface RunBatch {
  readonly batch: readonly Operation[];
  readonly results: readonly Uint8Array[];
}

/** What one client waits for, or may. */
export interface Share {
  requests: number;
  bytes: number;
}

interface Wait {
  /** Each once; a handful at most, and mostly one. */
  readonly clients: Address[];
  readonly sizeBytes: number;
}

interface KeptAnswer {
  readonly vote: Envelope<ResultStatement>;
  readonly answer: Answer;
}

/** Who waits for which request, and the answers given lately. */
export class Replies {
  /** Batches that ran, by sequence, until the replica voted over them. */
  readonly ran = new Map<number, RunBatch>();
  private readonly waiting = new Map<Digest, Wait>();
  /** What each client waits for, and the sum of it. */
  private readonly shares = new Map<Address, Share>();
  private readonly held: Share = { requests: 0, bytes: 0 };
  /** Refusals before the next look for what no longer waits, so that looking costs little. */
  private untilSweep = 0;
  private readonly kept = new Map<Digest, KeptAnswer>();

  /** Requests that are waited for, and answers kept. */
  get sizes(): { readonly waitingRequests: number; readonly keptAnswers: number } {
    return { waitingRequests: this.waiting.size, keptAnswers: this.kept.size };
  }

  /**
   * Notes that `client` waits for `digest`, a request of `sizeBytes`. Past the bound on requests
   * the longest waiting is forgotten: it may never run (shed, skipped by a transfer), and a client
   * that still wants it asks again. `isPending`: whether a request still is to be ordered.
   */
  expect(
    digest: Digest,
    sizeBytes: number,
    client: Address,
    isPending: (digest: Digest) => boolean,
  ): Expectation {
    const wait = this.waiting.get(digest);
    if (wait?.clients.includes(client) === true) return 'expected';
    if (wait !== undefined && wait.clients.length >= limits.clientsPerRequest) return 'crowded';
    if (this.isOverShare(client, sizeBytes, isPending)) return 'overShare';
    this.change(client, 1, sizeBytes);
    if (wait !== undefined) {
      wait.clients.push(client);
      return 'expected';
    }
    if (this.waiting.size >= limits.waitingRequests) {
      const oldest = this.waiting.keys().next().value;
      if (oldest !== undefined) this.forget(oldest);
    }
    this.waiting.set(digest, { clients: [client], sizeBytes });
    return 'expected';
  }

  /**
   * What any one client may have waiting now: as much as is still free. So a single one gets half
   * of the room, k greedy ones 1/(k+1) each, and a newcomer always finds some (dynamic thresholds;
   * Choudhury and Hahne 1998).
   */
  get share(): Readonly<Share> {
    const { pendingRequests, pendingBytes } = orderingLimits;
    return {
      requests: Math.max(0, pendingRequests - this.held.requests),
      bytes: Math.max(0, pendingBytes - this.held.bytes),
    };
  }

  /** Requests that this client waits for. */
  waitingOf(client: Address): number {
    return this.shares.get(client)?.requests ?? 0;
  }

  private isOverShare(
    client: Address,
    sizeBytes: number,
    isPending: (digest: Digest) => boolean,
  ): boolean {
    if (!this.wouldExceed(client, sizeBytes)) return false;
    if (--this.untilSweep > 0) return true;
    this.untilSweep = this.waiting.size;
    // What was skipped here (run elsewhere, or shed) will not be answered by waiting.
    for (const digest of this.waiting.keys()) if (!isPending(digest)) this.forget(digest);
    return this.wouldExceed(client, sizeBytes);
  }

  /** Who waits for nothing may ask for one thing, however many others there are. */
  private wouldExceed(client: Address, sizeBytes: number): boolean {
    const held = this.shares.get(client);
    if (held === undefined) return false;
    const { requests, bytes } = this.share;
    return held.requests >= requests || held.bytes + sizeBytes > bytes;
  }

  private forget(digest: Digest): void {
    const wait = this.waiting.get(digest);
    if (wait === undefined) return;
    this.waiting.delete(digest);
    for (const client of wait.clients) this.change(client, -1, -wait.sizeBytes);
  }

  private change(client: Address, requests: number, bytes: number): void {
    let share = this.shares.get(client);
    if (share === undefined) {
      share = { requests: 0, bytes: 0 };
      this.shares.set(client, share);
    }
    for (const held of [share, this.held]) {
      held.requests += requests;
      held.bytes += bytes;
    }
    if (share.requests === 0) this.shares.delete(client);
  }

  /** The answer of a request executed lately, for a client that asks again. */
  again(digest: Digest, view: number): Message | null {
    const kept = this.kept.get(digest);
    if (kept === undefined) return null;
    return { type: 'reply', view, vote: kept.vote, answers: [kept.answer] };
  }

  /** True for a request that was executed here, lately, after `sequence`. */
  isPast(digest: Digest, sequence: number): boolean {
    return (this.kept.get(digest)?.vote.statement.sequence ?? 0) > sequence;
  }

  /** One message per waiting client, with its answers of this batch under one vote. */
  answer(vote: Envelope<ResultStatement>, view: number): [Address, Message][] {
    const ran = this.ran.get(vote.statement.sequence);
    // Held back by a villain until nobody remembers the results.
    if (ran === undefined) return [];
    const { batch, results } = ran;
    const paths = resultPaths(results);
    const replies: [Address, Message][] = [];
    const byClient = new Map<Address, Answer[]>();
    for (let index = 0; index < batch.length; index++) {
      const digest = requestDigest(batch[index] as Operation);
      const answer: Answer = {
        requestDigest: digest,
        result: results[index] as Uint8Array,
        index,
        batchSize: batch.length,
        path: paths[index] as readonly Uint8Array[],
      };
      this.keep(digest, { vote, answer });
      for (const client of this.waiting.get(digest)?.clients ?? []) {
        let answers = byClient.get(client);
        if (answers === undefined) {
          answers = [];
          byClient.set(client, answers);
          replies.push([client, { type: 'reply', view, vote, answers }]);
        }
        answers.push(answer);
      }
      this.forget(digest);
    }
    return replies;
  }

  private keep(digest: Digest, kept: KeptAnswer): void {
    const before = this.kept.size;
    this.kept.set(digest, kept);
    if (this.kept.size === before) {
      // Answered once before: it goes to the end of the queue.
      this.kept.delete(digest);
      this.kept.set(digest, kept);
    }
    if (this.kept.size <= limits.keptAnswers) return;
    // Some hundred at once: to find the oldest, a map passes over the places of all before it.
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= limits.keptAnswers * (1 - 1 / 16)) break;
      this.kept.delete(oldest);
    }
  }
}

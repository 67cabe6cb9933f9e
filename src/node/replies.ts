import type { Digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import { leafHash, merklePaths } from '../base/merkle.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { Answer, Envelope, Message, Operation, ResultStatement } from '../pbft/messages.ts';
import type { Address } from '../runtime/ports.ts';

/** Clients that wait per request, requests that are waited for, answers kept for who asks again. */
const limits = { clientsPerRequest: 8, waitingRequests: 32_768, keptAnswers: 8192 };

/** A batch that ran, until the replica has voted over it. */
export interface RunBatch {
  readonly batch: readonly Operation[];
  readonly results: readonly Uint8Array[];
}

interface KeptAnswer {
  readonly vote: Envelope<ResultStatement>;
  readonly answer: Answer;
}

/** A batch that ran, until the replica has voted over it. */
export interface RunBatch {
  readonly batch: readonly Operation[];
  readonly results: readonly Uint8Array[];
}

const knownPaths = memo<readonly Uint8Array[][]>();

/** Nodes of one process that ran a batch once for all of them find its paths made, too. */
function pathsOf(results: readonly Uint8Array[]): readonly Uint8Array[][] {
  let paths = knownPaths.get(results);
  if (paths === undefined) {
    paths = merklePaths(results.map(leafHash));
    knownPaths.set(results, paths);
  }
  return paths;
}

/** Who waits for which request, and the answers given lately. */
export class Replies {
  private readonly waiting = new Map<Digest, Set<Address>>();
  private readonly kept = new Map<Digest, KeptAnswer>();

  /** Requests that are waited for, and answers kept. */
  get sizes(): { readonly waitingRequests: number; readonly keptAnswers: number } {
    return { waitingRequests: this.waiting.size, keptAnswers: this.kept.size };
  }

  /**
   * Notes that `client` waits for `digest`. False when too many clients wait for this one. Past
   * the bound on requests the longest waiting is forgotten: it may never run (shed, skipped by a
   * transfer), and a client that still wants it asks again.
   */
  expect(digest: Digest, client: Address): boolean {
    let clients = this.waiting.get(digest);
    if (clients === undefined) {
      if (this.waiting.size >= limits.waitingRequests) {
        const oldest = this.waiting.keys().next().value;
        if (oldest !== undefined) this.waiting.delete(oldest);
      }
      clients = new Set();
      this.waiting.set(digest, clients);
    }
    if (clients.size >= limits.clientsPerRequest) return clients.has(client);
    clients.add(client);
    return true;
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
  answer(
    vote: Envelope<ResultStatement>,
    view: number,
    batch: readonly Operation[],
    results: readonly Uint8Array[],
  ): [Address, Message][] {
    const paths = pathsOf(results);
    const byClient = new Map<Address, Answer[]>();
    for (const [index, operation] of batch.entries()) {
      const digest = requestDigest(operation);
      const answer: Answer = {
        requestDigest: digest,
        result: results[index] as Uint8Array,
        index,
        batchSize: batch.length,
        path: paths[index] as Uint8Array[],
      };
      this.keep(digest, { vote, answer });
      for (const client of this.waiting.get(digest) ?? []) {
        const answers = byClient.get(client);
        if (answers === undefined) byClient.set(client, [answer]);
        else answers.push(answer);
      }
      this.waiting.delete(digest);
    }
    return [...byClient].map(([client, answers]) => [
      client,
      { type: 'reply', view, vote, answers },
    ]);
  }

  private keep(digest: Digest, kept: KeptAnswer): void {
    this.kept.delete(digest);
    this.kept.set(digest, kept);
    if (this.kept.size <= limits.keptAnswers) return;
    // Some hundred at once: to find the oldest, a map passes over the places of all before it.
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= limits.keptAnswers * (1 - 1 / 16)) break;
      this.kept.delete(oldest);
    }
  }
}

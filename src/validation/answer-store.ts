import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { Clock, Journal } from '../runtime/ports.ts';
import { answerKeepMs, forgottenAtOnce, maxKeptAnswerChars, maxKeptAnswers } from './limits.ts';

/** A request that was taken, and its answer once there is one. */
export interface KeptRequest {
  readonly requestId: string;
  /** Names the body: another one under the same id is refused. */
  readonly bodyDigest: Digest;
  /** When it was taken, milliseconds since 1970. */
  readonly takenAtMs: number;
  /** What is still to be decided; empty once it is. */
  readonly operation: Uint8Array;
  /** What the body asked for, as JSON: it is echoed in the answer. */
  readonly asked: string;
  /** The answer as JSON, word for word what was sent; null while it is pending. */
  readonly answer: string | null;
}

/** Bounds on one record: an answer is some kilobytes, its certificate has a vote per replica. */
const maxAnswerBytes = 256 * 1024;
const maxAskedBytes = 4096;
const width = 16;

interface Entry {
  readonly key: number;
  readonly kept: KeptRequest;
}

function keyOf(number: number): string {
  return `answer/${String(number).padStart(width, '0')}`;
}

/**
 * Which request had which answer, on disk: the ledger answers the same operation alike, but only
 * for as long as it keeps decisions, and knows nothing of bodies. What was told to somebody was
 * written down before. Bounded: the oldest are forgotten.
 */
export class AnswerStore {
  private readonly journal: Journal;
  private readonly clock: Clock;
  private readonly maxAnswers: number;
  private readonly byId = new Map<string, Entry>();
  private next = 0;
  private chars = 0;
  /** A write failed: what is told from now on would not be kept. */
  failed = false;

  constructor(journal: Journal, clock: Clock, maxAnswers = maxKeptAnswers) {
    this.journal = journal;
    this.clock = clock;
    this.maxAnswers = maxAnswers;
  }

  /** Reads the journal; gives what was taken and never answered. Called once, first of all. */
  load(done: (error: Error | null, pending: readonly KeptRequest[]) => void): void {
    this.journal.load((error, entries) => {
      if (error !== null) return done(error, []);
      for (const { key, value } of entries) {
        const decoded = decodeKept(value);
        const number = Number(key.slice('answer/'.length));
        if (!decoded.ok || !Number.isSafeInteger(number)) {
          const reason = decoded.ok ? 'no number in its key' : decoded.reason;
          return done(new Error(`answer store, entry ${key}: ${reason}`), []);
        }
        this.put(number, decoded.value);
        this.next = number + 1;
      }
      const pending = [...this.byId.values()].filter(({ kept }) => kept.answer === null);
      done(
        null,
        pending.map(({ kept }) => kept),
      );
    });
  }

  get size(): number {
    return this.byId.size;
  }

  find(requestId: string): KeptRequest | null {
    return this.byId.get(requestId)?.kept ?? null;
  }

  /** Keeps `kept` in place of what was kept under its id; calls back when it is on disk. */
  keep(kept: KeptRequest, done: (error: Error | null) => void): void {
    const number = this.byId.get(kept.requestId)?.key ?? this.next++;
    this.put(number, kept);
    const puts = [{ key: keyOf(number), value: encodeKept(kept) }];
    this.journal.write({ puts, deletes: this.forgetOldest() }, (error) => {
      this.failed ||= error !== null;
      done(error);
    });
  }

  private put(number: number, kept: KeptRequest): void {
    this.chars += sizeOf(kept) - sizeOf(this.byId.get(kept.requestId)?.kept);
    this.byId.set(kept.requestId, { key: number, kept });
  }

  /** A step's worth of the oldest, when there are too many or they are far too old. */
  private forgetOldest(): { from: string; to: string }[] {
    const nowMs = this.clock.nowMs();
    const oldestMs = this.byId.values().next().value?.kept.takenAtMs ?? nowMs;
    const tooMany = this.byId.size > this.maxAnswers || this.chars > maxKeptAnswerChars;
    if (!tooMany && oldestMs >= nowMs - 2 * answerKeepMs) return [];
    let left = tooMany ? Math.max(1, Math.floor(this.maxAnswers / forgottenAtOnce)) : 0;
    let last: number | null = null;
    for (const [id, { key, kept }] of this.byId) {
      if (left-- <= 0 && kept.takenAtMs >= nowMs - answerKeepMs) break;
      this.byId.delete(id);
      this.chars -= sizeOf(kept);
      last = key;
    }
    // Entries stand in the order of their keys: what goes is one range.
    return last === null ? [] : [{ from: keyOf(0), to: keyOf(last + 1) }];
  }
}

function sizeOf(kept: KeptRequest | undefined): number {
  if (kept === undefined) return 0;
  return (kept.answer?.length ?? 0) + kept.operation.length + kept.asked.length + 256;
}

function encodeKept(kept: KeptRequest): Uint8Array {
  const writer = new Writer(4096)
    .text(kept.requestId)
    .digest(kept.bodyDigest)
    .u53(kept.takenAtMs)
    .bytes(kept.operation)
    .text(kept.asked)
    .u8(kept.answer === null ? 0 : 1);
  if (kept.answer !== null) writer.text(kept.answer);
  return writer.finish();
}

function decodeKept(bytes: Uint8Array): Decoded<KeptRequest> {
  return decode(bytes, (reader: Reader) => ({
    requestId: reader.text(64, 'requestId'),
    bodyDigest: reader.digest('bodyDigest'),
    takenAtMs: reader.u53('takenAtMs'),
    operation: reader.bytes(protocolLimits.clientOperationBytes, 'operation').slice(),
    asked: reader.text(maxAskedBytes, 'asked'),
    answer: reader.u8('answer') === 0 ? null : reader.text(maxAnswerBytes, 'answer'),
  }));
}

import { assert } from '../../base/assert.ts';
import type { Clock } from '../../runtime/ports.ts';
import { limits } from '../limits.ts';
import { decodeEntry, encodeEntry, type LeafContent, type LogEntry, leafHashOf } from './entry.ts';
import { LeafIndex } from './leaf-index.ts';
import type { LogKey } from './log-key.ts';
import { type Sct, signSct } from './sct.ts';
import type { LogStorage } from './storage.ts';
import { MerkleTree } from './tree.ts';
import { type SignedTreeHead, signTreeHead } from './tree-head.ts';

/** A head is signed anew after this, so that who watches the log sees that it lives. */
const headLifetimeMs = 60_000;

/** The storage holds bytes that no log wrote there: nothing may be promised on top of them. */
export class DamagedLog extends Error {
  override name = 'DamagedLog';
  readonly code = 'DAMAGED_LOG';
}

/** An entry where it stands in the tree. */
export interface Logged {
  readonly index: number;
  readonly entry: LogEntry;
}

/**
 * An append-only log of certificates (RFC 6962). An entry is durable and in the tree before its SCT
 * is signed, and no head is signed that is younger than an entry it lacks: the maximum merge delay
 * is zero. Entries are on disk; in memory are some 80 bytes for each: hashes, and where to find
 * them. Trusts the clock not to go back over a restart further than the restart takes.
 */
export class TransparencyLog {
  readonly key: LogKey;
  private readonly storage: LogStorage;
  private readonly clock: Clock;
  private readonly tree = new MerkleTree();
  private readonly index = new LeafIndex(this.tree.leaves);
  /** Times of the entries on their way to the storage, in their order. */
  private readonly waiting: number[] = [];
  /** Of the newest entry in the tree. */
  private treeMs = 0;
  private signedHead: SignedTreeHead;

  /** Reads what the storage holds; throws {@link DamagedLog} when it is not what logs write. */
  constructor(key: LogKey, storage: LogStorage, clock: Clock) {
    this.key = key;
    this.storage = storage;
    this.clock = clock;
    for (let index = 0; index < storage.size; index++) this.grow(this.entry(index));
    this.signedHead = this.signHead(Math.max(clock.nowMs(), this.treeMs));
  }

  get size(): number {
    return this.tree.size;
  }

  /** How many entries there is room for; what is appended beyond it fails. */
  get room(): number {
    return limits.logEntries - this.size - this.waiting.length;
  }

  /** Where this leaf stands; null when it is not in the tree. */
  indexOf(leafHash: Uint8Array): number | null {
    return this.index.find(leafHash);
  }

  /** Entry `index`, from the storage; throws {@link DamagedLog} when its bytes are not an entry. */
  entry(index: number): LogEntry {
    const decoded = decodeEntry(this.storage.read(index));
    if (!decoded.ok) throw new DamagedLog(`log entry ${index}: ${decoded.reason}`);
    return decoded.value;
  }

  /** Gives the entry its time and puts it into the tree, durably. */
  append(
    content: Omit<LogEntry, 'timestampMs'>,
    done: (error: Error | null, logged: Logged | null) => void,
  ): void {
    if (this.room <= 0) {
      return done(new Error(`the log is full: ${limits.logEntries} entries`), null);
    }
    const newestMs = this.waiting.at(-1) ?? this.treeMs;
    const headMs = this.signedHead.timestampMs;
    const timestampMs = Math.max(this.clock.nowMs(), newestMs, headMs + 1);
    const entry = { ...content, timestampMs };
    this.waiting.push(timestampMs);
    this.storage.append(encodeEntry(entry), (error) => {
      this.waiting.shift();
      if (error !== null) return done(error, null);
      this.grow(entry);
      done(null, { index: this.size - 1, entry });
    });
  }

  private grow(entry: LogEntry): void {
    this.tree.append(leafHashOf(entry));
    this.index.addLast();
    this.treeMs = Math.max(this.treeMs, entry.timestampMs);
  }

  /** The promise that an entry of the tree is in it. */
  promise(content: LeafContent): Sct {
    assert(this.index.find(leafHashOf(content)) !== null, 'an SCT is on an entry of the tree');
    return signSct(this.key, content);
  }

  /**
   * The newest tree head, of the whole tree as it is. Its time is the clock's, but not before the
   * newest entry's, after the last head's (§3.5), and before that of any entry still on its way:
   * where no time is all that, for a moment, the last head stands.
   */
  head(): SignedTreeHead {
    const last = this.signedHead;
    const nowMs = this.clock.nowMs();
    const isFresh = nowMs - last.timestampMs < headLifetimeMs;
    if (isFresh && last.treeSize === this.size) return last;
    const earliestMs = Math.max(this.treeMs, last.timestampMs + 1);
    const [waitingMs = Number.POSITIVE_INFINITY] = this.waiting;
    const timestampMs = Math.min(Math.max(nowMs, earliestMs), waitingMs - 1);
    if (timestampMs >= earliestMs) this.signedHead = this.signHead(timestampMs);
    return this.signedHead;
  }

  private signHead(timestampMs: number): SignedTreeHead {
    const { size: treeSize } = this;
    return signTreeHead(this.key, { treeSize, timestampMs, rootHash: this.tree.root() });
  }

  /** For 0 ≤ index < size ≤ the log's size. */
  inclusionPath(index: number, size: number): Uint8Array[] {
    return this.tree.inclusionPath(index, size);
  }

  /** For 0 ≤ first ≤ second ≤ the log's size. */
  consistencyPath(first: number, second: number): Uint8Array[] {
    return this.tree.consistencyPath(first, second);
  }

  rootAt(size: number): Uint8Array {
    return this.tree.root(size);
  }
}

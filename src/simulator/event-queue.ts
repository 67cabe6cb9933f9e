import { Heap } from '../base/heap.ts';

/** Microseconds to a bucket, 2 to this power: what falls due in one is soon put in order. */
const bucketBits = 4;
const bucketUs = 1 << bucketBits;
/** Buckets within reach: most of what is under way arrives within 8 ms. */
const span = 512;

/** Words to an event: subject and microsecond of its bucket, and object. */
const stride = 2;
/** Words to a block: 128 bytes, of which the first word names the block after it. */
const blockWords = 32;
const firstBlocks = 32;
/** No block begins here. */
const none = 0;

/** What lies further off than the buckets reach; `order` decides between equal times. */
interface Far {
  readonly atUs: number;
  readonly order: number;
  readonly subject: number;
  readonly object: number;
}

function isBefore(a: Far, b: Far): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

function bucketOf(atUs: number): number {
  return Math.floor(atUs / bucketUs);
}

/** The microsecond of its bucket at which an event falls due. */
function offsetIn(word: number): number {
  return word & (bucketUs - 1);
}

/**
 * Events by time, then by the order in which they came. An event is two whole numbers, the subject
 * from -1 on and below 2²⁷, and all of them lie in two arrays: the collector never sees them. The
 * near future lies in buckets, unordered, and each of these in blocks of which only the last is
 * written: to put an event comes to memory that is warm, however many are under way. What a bucket
 * holds is put in order when it falls due. What lies further off waits in a heap until the buckets
 * reach it, before anything else can be put there.
 */
export class EventQueue {
  size = 0;
  /** Of the event taken last. */
  atUs = 0;
  subject = 0;
  object = 0;
  /** The bucket that falls due now, by its number since time 0; what of it is to come, in order. */
  private bucket = 0;
  private due = new Int32Array(blockWords);
  private dueFrom = 0;
  private dueTo = 0;
  /** Of the other buckets, by number modulo `span`: the first block, and the word to write next. */
  private readonly firsts = new Int32Array(span);
  private readonly ends = new Int32Array(span);
  private blocks = new Int32Array(firstBlocks * blockWords);
  /** The first free block; those from `fresh` on were never used. */
  private free = none;
  private fresh = blockWords;
  private readonly later = new Heap<Far>(isBefore);
  private order = 0;

  /** `atUs`: whole microseconds, not before the last event taken. */
  push(atUs: number, subject: number, object: number): void {
    this.size++;
    if (bucketOf(atUs) - this.bucket >= span) {
      this.later.push({ atUs, order: this.order++, subject, object });
    } else {
      this.put(atUs, subject, object);
    }
  }

  /** Takes the next event, for `atUs`, `subject` and `object` to tell; false: there is none. */
  pop(): boolean {
    if (this.dueFrom === this.dueTo && !this.moveOn()) return false;
    const { due, dueFrom } = this;
    const word = due[dueFrom] as number;
    this.atUs = this.bucket * bucketUs + offsetIn(word);
    this.subject = word >> bucketBits;
    this.object = due[dueFrom + 1] as number;
    this.dueFrom = dueFrom + stride;
    this.size--;
    return true;
  }

  /** Time of the next event, or null. */
  get nextAtUs(): number | null {
    const { due, dueFrom } = this;
    if (dueFrom < this.dueTo) return this.bucket * bucketUs + offsetIn(due[dueFrom] as number);
    const bucket = this.nextBucket();
    if (bucket === null) return this.later.peek()?.atUs ?? null;
    return bucket * bucketUs + this.firstOffset(bucket % span);
  }

  /** How many wait beyond the buckets. */
  get far(): number {
    return this.later.size;
  }

  /** Takes out, of those beyond the buckets, whatever `keep` is false for. */
  retainFar(keep: (subject: number, object: number) => boolean): void {
    const before = this.later.size;
    this.later.retain(({ subject, object }) => keep(subject, object));
    this.size -= before - this.later.size;
  }

  private put(atUs: number, subject: number, object: number): void {
    const bucket = bucketOf(atUs);
    const word = (subject << bucketBits) | offsetIn(atUs);
    if (bucket === this.bucket) this.insert(word, object);
    else this.append(bucket % span, word, object);
  }

  /** To what falls due now, after all that is not later. */
  private insert(word: number, object: number): void {
    if (this.dueFrom === this.dueTo) {
      this.dueFrom = 0;
      this.dueTo = 0;
    }
    if (this.dueTo === this.due.length) this.due = twiceAsLong(this.due);
    const { due, dueFrom } = this;
    const offset = offsetIn(word);
    let at = this.dueTo;
    this.dueTo = at + stride;
    while (at > dueFrom && offsetIn(due[at - stride] as number) > offset) {
      due[at] = due[at - stride] as number;
      due[at + 1] = due[at - 1] as number;
      at -= stride;
    }
    due[at] = word;
    due[at + 1] = object;
  }

  private append(place: number, word: number, object: number): void {
    const { ends } = this;
    let end = ends[place] as number;
    // Behind the last word of a block, or none yet.
    if (end % blockWords === 0) end = this.addBlock(place, end);
    const { blocks } = this;
    blocks[end] = word;
    blocks[end + 1] = object;
    ends[place] = end + stride;
  }

  /** Gives the place of its first event. */
  private addBlock(place: number, end: number): number {
    const block = this.newBlock();
    this.blocks[block] = none;
    if (end === none) this.firsts[place] = block;
    else this.blocks[end - blockWords] = block;
    return block + stride;
  }

  private newBlock(): number {
    const block = this.free;
    if (block !== none) {
      this.free = this.blocks[block] as number;
      return block;
    }
    const fresh = this.fresh;
    if (fresh === this.blocks.length) this.blocks = twiceAsLong(this.blocks);
    this.fresh = fresh + blockWords;
    return fresh;
  }

  /** To the next bucket that holds anything; false: there is none. */
  private moveOn(): boolean {
    const far = this.later.peek();
    const bucket = this.nextBucket() ?? (far && bucketOf(far.atUs));
    if (bucket === undefined) return false;
    this.bucket = bucket;
    this.empty(bucket % span);
    this.reachOut();
    return true;
  }

  /** The next one behind that which falls due now; null: they hold nothing. */
  private nextBucket(): number | null {
    if (this.size === this.later.size) return null;
    let bucket = this.bucket + 1;
    while (this.ends[bucket % span] === none) bucket++;
    return bucket;
  }

  /** Puts what a bucket holds in order, into what falls due. */
  private empty(place: number): void {
    const { blocks } = this;
    let block = this.firsts[place] as number;
    while (block !== none) {
      const to = this.endOf(block, place);
      for (let at = block + stride; at < to; at += stride) {
        this.insert(blocks[at] as number, blocks[at + 1] as number);
      }
      const next = blocks[block] as number;
      blocks[block] = this.free;
      this.free = block;
      block = next;
    }
    this.firsts[place] = none;
    this.ends[place] = none;
  }

  private firstOffset(place: number): number {
    const { blocks } = this;
    let first = bucketUs;
    let block = this.firsts[place] as number;
    for (; block !== none; block = blocks[block] as number) {
      const to = this.endOf(block, place);
      for (let at = block + stride; at < to; at += stride) {
        first = Math.min(first, offsetIn(blocks[at] as number));
      }
    }
    return first;
  }

  /** The word after the last event in one of a bucket's blocks: all but the last are full. */
  private endOf(block: number, place: number): number {
    return this.blocks[block] === none ? (this.ends[place] as number) : block + blockWords;
  }

  /** What comes within reach was put off before all that is put there from now on. */
  private reachOut(): void {
    for (;;) {
      const far = this.later.peek();
      if (far === undefined || bucketOf(far.atUs) - this.bucket >= span) return;
      this.later.pop();
      this.put(far.atUs, far.subject, far.object);
    }
  }
}

function twiceAsLong(words: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(words.length * 2);
  longer.set(words);
  return longer;
}

import { Heap } from '../base/heap.ts';

/** What stands in the queue: once at a time. Whole microseconds; `order` decides between equals. */
export interface Queued {
  atUs: number;
  order: number;
  /** The next of the same microsecond; for the queue alone. */
  next: Queued | null;
}

/** Microseconds that have a place each: most of what is under way arrives within 8 ms. */
const span = 8192;
const mask = span - 1;
/** Places are found by the bits of words, and words by the bits of one more level. */
const words = span / 32;

function before(a: Queued, b: Queued): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

/**
 * Events by time, then by the order in which they came. The near future is a ring with a list for
 * each microsecond, so that to put and to take cost the same however much is under way; what lies
 * further off waits in a heap until the ring reaches it, before anything else of its microsecond
 * can be put there.
 */
export class EventQueue<T extends Queued> {
  size = 0;
  /** The last of each microsecond, whose `next` is the first: the list of a place is a circle. */
  private readonly lasts: (Queued | null)[] = new Array(span).fill(null);
  private readonly occupied = new Int32Array(words);
  private readonly summary = new Int32Array(words / 32);
  private readonly later = new Heap<Queued>(before);
  private inRing = 0;
  /** The ring holds the events of [startUs, startUs + span). */
  private startUs = 0;

  /** `event.atUs` is not before the last event taken. */
  push(event: T): void {
    this.size++;
    if (event.atUs - this.startUs < span) this.append(event);
    else this.later.push(event);
  }

  /** The next event, or undefined. */
  pop(): T | undefined {
    if (this.inRing === 0) {
      const far = this.later.peek();
      if (far === undefined) return undefined;
      this.advance(far.atUs);
    }
    const place = this.firstPlace();
    const last = this.lasts[place] as Queued;
    const event = last.next as Queued;
    if (event === last) this.vacate(place);
    else last.next = event.next;
    event.next = null;
    this.inRing--;
    this.size--;
    if (event.atUs > this.startUs) this.advance(event.atUs);
    return event as T;
  }

  peek(): T | undefined {
    if (this.inRing === 0) return this.later.peek() as T | undefined;
    return this.lasts[this.firstPlace()]?.next as T;
  }

  /** Moves the ring on; what comes within its reach was put off before all that is put from now. */
  private advance(toUs: number): void {
    this.startUs = toUs;
    for (;;) {
      const far = this.later.peek();
      if (far === undefined || far.atUs - toUs >= span) return;
      this.later.pop();
      this.append(far);
    }
  }

  private append(event: Queued): void {
    const place = event.atUs & mask;
    const last = this.lasts[place] as Queued | null;
    if (last === null) {
      event.next = event;
      const word = place >>> 5;
      this.occupied[word] = (this.occupied[word] as number) | (1 << (place & 31));
      this.summary[word >>> 5] = (this.summary[word >>> 5] as number) | (1 << (word & 31));
    } else {
      event.next = last.next;
      last.next = event;
    }
    this.lasts[place] = event;
    this.inRing++;
  }

  private vacate(place: number): void {
    this.lasts[place] = null;
    const word = place >>> 5;
    const rest = (this.occupied[word] as number) & ~(1 << (place & 31));
    this.occupied[word] = rest;
    if (rest !== 0) return;
    this.summary[word >>> 5] = (this.summary[word >>> 5] as number) & ~(1 << (word & 31));
  }

  /** The first occupied place from the ring's start on, round the end if need be. */
  private firstPlace(): number {
    const start = this.startUs & mask;
    const startWord = start >>> 5;
    const here = (this.occupied[startWord] as number) & (-1 << (start & 31));
    if (here !== 0) return (startWord << 5) | lowestBit(here);
    const word = this.firstWord(startWord + 1);
    return (word << 5) | lowestBit(this.occupied[word] as number);
  }

  private firstWord(from: number): number {
    const { summary } = this;
    const first = (from & (words - 1)) >>> 5;
    const here = (summary[first] as number) & (-1 << (from & 31));
    if (here !== 0) return (first << 5) | lowestBit(here);
    for (let i = 1; i <= summary.length; i++) {
      const at = (first + i) % summary.length;
      const bits = summary[at] as number;
      if (bits !== 0) return (at << 5) | lowestBit(bits);
    }
    return 0;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

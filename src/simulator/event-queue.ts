import { Heap } from '../base/heap.ts';

/** Microseconds that have a place each: most of what is under way arrives within 8 ms. */
const span = 8192;
const mask = span - 1;
/** Places are found by the bits of words, and words by the bits of one more level. */
const words = span / 32;

/** What lies further off than the ring reaches; `order` decides between equal times. */
interface Far {
  readonly atUs: number;
  readonly order: number;
  readonly cell: number;
}

function isBefore(a: Far, b: Far): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

/** Numbers to a cell: the next cell of its circle (or of the free ones), subject, object. */
const stride = 4;
const firstCells = 512;
/** No cell has this number. */
const none = 0;

/**
 * Events by time, then by the order in which they came. An event is two whole numbers, and all of
 * them lie in one array: of the many that are under way each costs 16 bytes, and the collector
 * never sees them. The near future is a ring with a list for each microsecond, so that to put and
 * to take cost the same however much is under way; what lies further off waits in a heap until the
 * ring reaches it, before anything else of its microsecond can be put there.
 */
export class EventQueue {
  size = 0;
  /** Of the event taken last. */
  atUs = 0;
  subject = 0;
  object = 0;
  private cells = new Int32Array(firstCells * stride);
  /** The first free cell; cells from `fresh` on were never used. */
  private free = none;
  private fresh = none + 1;
  /** The last of each microsecond, whose next is the first: the list of a place is a circle. */
  private readonly lasts = new Int32Array(span);
  private readonly occupied = new Int32Array(words);
  private readonly summary = new Int32Array(words / 32);
  private readonly later = new Heap<Far>(isBefore);
  private order = 0;
  private inRing = 0;
  /** The ring holds the events of [startUs, startUs + span). */
  private startUs = 0;

  /** `atUs`: whole microseconds, not before the last event taken. */
  push(atUs: number, subject: number, object: number): void {
    this.size++;
    const cell = this.newCell();
    const { cells } = this;
    cells[cell * stride + 1] = subject;
    cells[cell * stride + 2] = object;
    if (atUs - this.startUs < span) this.append(atUs, cell);
    else this.later.push({ atUs, order: this.order++, cell });
  }

  /** Takes the next event, for `atUs`, `subject` and `object` to tell; false: there is none. */
  pop(): boolean {
    if (this.inRing === 0) {
      const far = this.later.peek();
      if (far === undefined) return false;
      this.advance(far.atUs);
    }
    const { cells } = this;
    const place = this.firstPlace();
    const last = this.lasts[place] as number;
    const cell = cells[last * stride] as number;
    if (cell === last) this.vacate(place);
    else cells[last * stride] = cells[cell * stride] as number;
    this.subject = cells[cell * stride + 1] as number;
    this.object = cells[cell * stride + 2] as number;
    this.freeCell(cell);
    this.inRing--;
    this.size--;
    this.atUs = this.timeOf(place);
    if (this.atUs > this.startUs) this.advance(this.atUs);
    return true;
  }

  /** Time of the next event, or null. */
  get nextAtUs(): number | null {
    if (this.inRing === 0) return this.later.peek()?.atUs ?? null;
    return this.timeOf(this.firstPlace());
  }

  /** How many wait beyond the ring. */
  get far(): number {
    return this.later.size;
  }

  /** Takes out, of those beyond the ring, whatever `keep` is false for. */
  retainFar(keep: (subject: number, object: number) => boolean): void {
    const before = this.later.size;
    this.later.retain(({ cell }) => {
      const { cells } = this;
      const at = cell * stride;
      if (keep(cells[at + 1] as number, cells[at + 2] as number)) return true;
      this.freeCell(cell);
      return false;
    });
    this.size -= before - this.later.size;
  }

  private freeCell(cell: number): void {
    this.cells[cell * stride] = this.free;
    this.free = cell;
  }

  private newCell(): number {
    const cell = this.free;
    if (cell !== none) {
      this.free = this.cells[cell * stride] as number;
      return cell;
    }
    if ((this.fresh + 1) * stride > this.cells.length) {
      const larger = new Int32Array(this.cells.length * 2);
      larger.set(this.cells);
      this.cells = larger;
    }
    return this.fresh++;
  }

  /** A place of the ring stands for one microsecond of those that it reaches now. */
  private timeOf(place: number): number {
    const start = this.startUs & mask;
    return this.startUs + ((place - start) & mask);
  }

  /** Moves the ring on; what comes within its reach was put off before all that is put from now. */
  private advance(toUs: number): void {
    this.startUs = toUs;
    for (;;) {
      const far = this.later.peek();
      if (far === undefined || far.atUs - toUs >= span) return;
      this.later.pop();
      this.append(far.atUs, far.cell);
    }
  }

  private append(atUs: number, cell: number): void {
    const { cells } = this;
    const place = atUs & mask;
    const last = this.lasts[place] as number;
    if (last === none) {
      cells[cell * stride] = cell;
      const word = place >>> 5;
      this.occupied[word] = (this.occupied[word] as number) | (1 << (place & 31));
      this.summary[word >>> 5] = (this.summary[word >>> 5] as number) | (1 << (word & 31));
    } else {
      cells[cell * stride] = cells[last * stride] as number;
      cells[last * stride] = cell;
    }
    this.lasts[place] = cell;
    this.inRing++;
  }

  private vacate(place: number): void {
    this.lasts[place] = none;
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

import type { Digest } from '../base/digest.ts';
import { describeFrame } from '../scenario/describe-message.ts';

/** In place of a sender: the line is a text. */
const isNote = -1;

/**
 * The last lines of the trace, for the report of a violation. Keeps references and formats only
 * when asked, so that a run without violations pays next to nothing: numbers lie apart from what
 * is kept of each line, a frame, a text or the digest of what was decided.
 */
export class TraceTail {
  private readonly what: (Uint8Array | string)[];
  private readonly from: Int32Array;
  private readonly to: Int32Array;
  private readonly atUs: Float64Array;
  private next = 0;
  private readonly size: number;
  private readonly addressOf: (id: number) => string;

  /** `addressOf` turns the network's endpoint numbers into addresses. */
  constructor(size: number, addressOf: (id: number) => string) {
    this.size = size;
    this.addressOf = addressOf;
    this.what = new Array<string>(size).fill('');
    this.from = new Int32Array(size);
    this.to = new Int32Array(size);
    this.atUs = new Float64Array(size);
  }

  delivered(from: number, to: number, frame: Uint8Array, atUs: number): void {
    const { next } = this;
    this.from[next] = from;
    this.to[next] = to;
    this.keep(frame, atUs);
  }

  /** `name`: digest of the batch. */
  decided(replica: number, sequence: number, name: Digest, atUs: number): void {
    this.from[this.next] = replica;
    this.to[this.next] = sequence;
    this.keep(name, atUs);
  }

  note(text: string, atUs: number): void {
    this.from[this.next] = isNote;
    this.keep(text, atUs);
  }

  /** Oldest first: `12.345 ms replica-0 -> replica-1 prePrepare view=0 sequence=1 …`. */
  lines(): string[] {
    const { what, next, size } = this;
    const ordered = what.map((_, i) => (next + i) % size);
    return ordered.flatMap((i) => (what[i] === '' ? [] : [this.line(i)]));
  }

  private keep(what: Uint8Array | string, atUs: number): void {
    this.what[this.next] = what;
    this.atUs[this.next] = atUs;
    this.next = this.next + 1 === this.size ? 0 : this.next + 1;
  }

  private line(i: number): string {
    return `${((this.atUs[i] as number) / 1000).toFixed(3)} ms ${this.format(i)}`;
  }

  private format(i: number): string {
    const what = this.what[i];
    const sender = this.from[i] as number;
    if (what === undefined || (typeof what === 'string' && sender === isNote)) return what ?? '';
    if (typeof what === 'string')
      return `replica-${sender} decides ${this.to[i]} ${what.slice(0, 8)}`;
    const { kind, fields } = describeFrame(what);
    const shown = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    const from = this.addressOf(sender);
    const to = this.addressOf(this.to[i] as number);
    return [`${from} -> ${to}`, kind, ...shown].join(' ');
  }
}

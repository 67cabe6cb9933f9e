import { describeFrame } from '../scenario/describe-message.ts';

type Entry =
  | { readonly type: 'delivery'; from: number; to: number; frame: Uint8Array; atUs: number }
  | { readonly type: 'note'; text: string; atUs: number };

/**
 * The last lines of the trace, for the report of a violation. Keeps references and formats only
 * when asked, so that a run without violations pays next to nothing.
 */
export class TraceTail {
  private readonly entries: Entry[] = [];
  private next = 0;
  private readonly size: number;
  private readonly addressOf: (id: number) => string;

  /** `addressOf` turns the network's endpoint numbers into addresses. */
  constructor(size: number, addressOf: (id: number) => string) {
    this.size = size;
    this.addressOf = addressOf;
  }

  delivered(from: number, to: number, frame: Uint8Array, atUs: number): void {
    const old = this.entries[this.next];
    if (old?.type === 'delivery') {
      old.from = from;
      old.to = to;
      old.frame = frame;
      old.atUs = atUs;
    } else {
      this.entries[this.next] = { type: 'delivery', from, to, frame, atUs };
    }
    this.advance();
  }

  note(text: string, atUs: number): void {
    this.entries[this.next] = { type: 'note', text, atUs };
    this.advance();
  }

  /** Oldest first: `12.345 ms replica-0 -> replica-1 prePrepare view=0 sequence=1 …`. */
  lines(): string[] {
    const { entries, next } = this;
    const ordered = entries.length < this.size ? entries : rotate(entries, next);
    return ordered.map((entry) => `${(entry.atUs / 1000).toFixed(3)} ms ${this.format(entry)}`);
  }

  private advance(): void {
    this.next = (this.next + 1) % this.size;
  }

  private format(entry: Entry): string {
    if (entry.type === 'note') return entry.text;
    const { kind, fields } = describeFrame(entry.frame);
    const shown = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    const link = `${this.addressOf(entry.from)} -> ${this.addressOf(entry.to)}`;
    return [link, kind, ...shown].join(' ');
  }
}

function rotate<T>(items: readonly T[], first: number): T[] {
  return [...items.slice(first), ...items.slice(0, first)];
}

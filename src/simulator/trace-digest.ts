import { createHash } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';

/**
 * Bytes gathered before the hash sees them: one call of it costs as much as 1 KiB of hashing, and
 * to clear more than a few of these takes longer than a small run writes.
 */
const bufferBytes = 16 * 1024;

const kinds = { frame: 1, sent: 2, timer: 3, decision: 4, undelivered: 5 } as const;
/** One byte of kind, two words, one time. */
const recordBytes = 17;
/** Of a frame, for each receiver: kind and receiver in a word, one time. */
const sentBytes = 12;

/**
 * A running SHA-256 over everything that happens in a run, in order. Every frame goes in whole,
 * once for each broadcast, and for each receiver the time at which it is to come; that it came
 * goes without saying, and what found nobody there is told. So two runs with one digest sent the
 * same bytes at the same virtual times, and the same of them arrived.
 */
export class TraceDigest {
  private readonly hash = createHash('sha256');
  private readonly buffer = new Uint8Array(bufferBytes);
  private readonly view = new DataView(this.buffer.buffer);
  private used = 0;
  private lastFrame: Uint8Array | null = null;
  private lastFrom = -1;

  /** `head` names what was run, so that traces of different scenarios never coincide. */
  constructor(head: string) {
    this.raw(utf8(head));
  }

  /** A frame handed to the network; `deliverAtUs` null: lost. */
  sent(from: number, to: number, frame: Uint8Array, deliverAtUs: number | null): void {
    if (frame !== this.lastFrame || from !== this.lastFrom) {
      this.lastFrame = frame;
      this.lastFrom = from;
      this.record(kinds.frame, from, frame.length, 0);
      this.raw(frame);
    }
    if (this.used + sentBytes > bufferBytes) this.flush();
    const { view, used } = this;
    view.setUint32(used, kinds.sent * 2 ** 24 + to);
    view.setFloat64(used + 4, deliverAtUs ?? -1);
    this.used = used + sentBytes;
  }

  /** A frame fell due where nobody listens. */
  undelivered(from: number, to: number, atUs: number): void {
    this.record(kinds.undelivered, from, to, atUs);
  }

  timer(owner: number, atUs: number): void {
    this.record(kinds.timer, owner, 0, atUs);
  }

  /** A decision by `replica`, named by its batch digest or header digest. */
  decided(replica: number, sequence: number, name: Digest, atUs: number): void {
    this.record(kinds.decision, replica, sequence, atUs);
    if (this.used + name.length > bufferBytes) this.flush();
    // Hex, one octet a character; an encoder would make an array for it.
    for (let i = 0; i < name.length; i++) this.buffer[this.used + i] = name.charCodeAt(i);
    this.used += name.length;
  }

  /** Closes the digest; nothing can be added after it. */
  finish(): Digest {
    this.flush();
    return this.hash.digest('hex');
  }

  private record(kind: number, a: number, b: number, atUs: number): void {
    if (this.used + recordBytes > bufferBytes) this.flush();
    const { view, used } = this;
    view.setUint8(used, kind);
    view.setUint32(used + 1, a);
    view.setUint32(used + 5, b);
    view.setFloat64(used + 9, atUs);
    this.used = used + recordBytes;
  }

  private raw(bytes: Uint8Array): void {
    if (this.used + bytes.length > bufferBytes) this.flush();
    if (bytes.length > bufferBytes) {
      this.hash.update(bytes);
    } else {
      this.buffer.set(bytes, this.used);
      this.used += bytes.length;
    }
  }

  private flush(): void {
    this.hash.update(this.buffer.subarray(0, this.used));
    this.used = 0;
  }
}

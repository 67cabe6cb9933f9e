import { assert } from '../base/assert.ts';

/**
 * Frames that wait for one peer, oldest first, bounded in number and bytes. When it is full the
 * oldest frames go: the newest say most about where the sender stands.
 */
export class Outbox {
  /** Frames thrown away since the beginning. */
  dropped = 0;
  private frames: Uint8Array[] = [];
  /** Frames before this index are taken; cut off now and then, so that taking costs O(1). */
  private head = 0;
  private queuedBytes = 0;
  private readonly maxFrames: number;
  private readonly maxBytes: number;

  constructor(maxFrames: number, maxBytes: number) {
    assert(maxFrames >= 1 && maxBytes >= 1, 'an outbox holds at least one frame');
    this.maxFrames = maxFrames;
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.frames.length - this.head;
  }

  /** Of all frames that wait. */
  get sizeBytes(): number {
    return this.queuedBytes;
  }

  push(frame: Uint8Array): void {
    this.frames.push(frame);
    this.queuedBytes += frame.length;
    while (this.size > 1 && (this.size > this.maxFrames || this.queuedBytes > this.maxBytes)) {
      this.shift();
      this.dropped++;
    }
  }

  /** Removes the oldest frames that together stay within `maxBytes`, and always at least one. */
  take(maxBytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let sizeBytes = 0;
    while (this.size > 0) {
      const next = this.frames[this.head] as Uint8Array;
      if (taken.length > 0 && sizeBytes + next.length > maxBytes) break;
      sizeBytes += next.length;
      taken.push(this.shift());
    }
    return taken;
  }

  /** Throws everything away and counts it. */
  clear(): void {
    this.dropped += this.size;
    this.frames = [];
    this.head = 0;
    this.queuedBytes = 0;
  }

  private shift(): Uint8Array {
    const frame = this.frames[this.head] as Uint8Array;
    this.head++;
    this.queuedBytes -= frame.length;
    if (this.head >= 1024 && this.head * 2 >= this.frames.length) {
      this.frames = this.frames.slice(this.head);
      this.head = 0;
    }
    return frame;
  }
}

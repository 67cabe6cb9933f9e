import { toHex } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import type { Address } from '../runtime/ports.ts';
import type { Tap } from '../runtime/tapped-network.ts';
import { type Described, describeFrame } from '../scenario/describe-message.ts';
import { maxTappedFrames } from './limits.ts';

/** One frame at one end of a link: the other end tells of it too, unless it was lost. */
export interface WireNote {
  readonly way: 'sent' | 'received';
  /** Who is at the other end, as this one calls it. */
  readonly peer: Address;
  /** Milliseconds since the start of the run. */
  readonly atMs: number;
  /** Of the bytes; equal at both ends. */
  readonly frameId: string;
  readonly sizeBytes: number;
  /** Said by the sender. */
  readonly described: Described | null;
}

/** Notes what a process sends and receives, for pictures of the run. Bounded. */
export class WireTap implements Tap {
  private readonly atMs: () => number;
  private readonly emit: (note: WireNote) => void;
  private left: number = maxTappedFrames;
  private latest: Uint8Array | null = null;
  private latestId = '';
  private described: Described | null = null;

  constructor(atMs: () => number, emit: (note: WireNote) => void) {
    this.atMs = atMs;
    this.emit = emit;
  }

  onSend(to: Address, frame: Uint8Array): void {
    if (this.left-- <= 0) return;
    // A broadcast is one frame sent several times in a row: look at it once.
    if (frame !== this.latest) {
      this.latest = frame;
      this.latestId = idOf(frame);
      this.described = describeFrame(frame);
    }
    this.note('sent', to, frame.length, this.latestId, this.described);
  }

  onReceive(from: Address, frame: Uint8Array): void {
    if (this.left-- <= 0) return;
    this.note('received', from, frame.length, idOf(frame), null);
  }

  private note(
    way: WireNote['way'],
    peer: Address,
    sizeBytes: number,
    frameId: string,
    described: Described | null,
  ): void {
    this.emit({ way, peer, atMs: this.atMs(), frameId, sizeBytes, described });
  }
}

/** Enough of the digest to tell the frames of one link apart. */
function idOf(frame: Uint8Array): string {
  return toHex(sha256(frame).subarray(0, 8));
}

/**
 * Milliseconds since `startMs` (since 1970) to a fraction: what processes of one machine agree on
 * to about a millisecond, and finer than {@link Date.now}.
 */
export function wallMsSince(startMs: number): number {
  return performance.timeOrigin + performance.now() - startMs;
}

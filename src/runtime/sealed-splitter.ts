/** What libp2p hands on: bytes in one piece, or in several that can be made one. */
export interface Pieces {
  readonly byteLength: number;
  subarray(): Uint8Array;
  [Symbol.iterator](): Iterator<unknown>;
}

const lengthBytes = 2;

/**
 * Takes what TCP brings apart into Noise's messages, each behind its length in two bytes (libp2p's
 * noise specification, "Wire Format"). What came in one piece is not copied; of an unfinished
 * message no more is kept than came.
 */
export class SealedSplitter {
  private parts: Uint8Array[] = [];
  private have = 0;
  /** Of the message under way, its length included; no more than that while it is not known. */
  private wanted = lengthBytes;

  /** Messages that `data` completes, without their lengths. Empty ones are none. */
  split(data: Pieces): Uint8Array[] {
    const bytes = data.subarray();
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      const whole = this.have === 0 ? wholeAt(bytes, at) : null;
      if (whole === null) {
        at = this.gather(bytes, at, messages);
      } else {
        at += lengthBytes + whole.length;
        if (whole.length > 0) messages.push(whole);
      }
    }
    return messages;
  }

  /** Takes what the message under way still lacks; where the rest of `bytes` begins. */
  private gather(bytes: Uint8Array, at: number, messages: Uint8Array[]): number {
    const end = Math.min(bytes.length, at + this.wanted - this.have);
    this.parts.push(bytes.subarray(at, end));
    this.have += end - at;
    if (this.have < this.wanted) return end;
    const sofar = Buffer.concat(this.parts);
    const length = lengthAt(sofar, 0);
    if (this.wanted === lengthBytes && length > 0) {
      this.parts = [sofar];
      this.wanted = lengthBytes + length;
      return end;
    }
    if (length > 0) messages.push(sofar.subarray(lengthBytes));
    this.parts = [];
    this.have = 0;
    this.wanted = lengthBytes;
    return end;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** The message that begins at `at`, if all of it is there. */
function wholeAt(bytes: Uint8Array, at: number): Uint8Array | null {
  if (bytes.length - at < lengthBytes) return null;
  const start = at + lengthBytes;
  const end = start + lengthAt(bytes, at);
  return end <= bytes.length ? bytes.subarray(start, end) : null;
}

/** The peer sent what is no sequence of frames within the limit. */
export class FrameBreach extends Error {
  override name = 'FrameBreach';
}

/**
 * Short frames stand side by side in memory of so many bytes: what one peer sends in a row mostly
 * lives as long. Where only one of them is kept, it keeps no more than this.
 */
const slabBytes = 8 * 1024;
/** Longer ones have memory of their own, which costs less than they do. */
const longestShared = 2560;
/** What is as short as this is kept where objects are, at no cost. */
const shortestShared = 65;

/** Five bytes of seven bits are more than any frame may have. */
const maxLengthBytes = 5;

/**
 * Takes a stream of bytes apart into frames, each behind its length (unsigned varint). Keeps no
 * more than one unfinished frame, and of that only what came.
 */
export class FrameSplitter {
  private readonly maxFrameBytes: number;
  /** Length of the frame under way; null while its length is read. */
  private wanted: number | null = null;
  private lengthSoFar = 0;
  private lengthBytes = 0;
  private parts: Uint8Array[] = [];
  private have = 0;
  private slab = new Uint8Array(0);
  private slabUsed = 0;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Hands every frame that `chunk` completes to `receive`, as a copy. Throws FrameBreach. */
  push(chunk: Uint8Array, receive: (frame: Uint8Array) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.wanted === null) {
        this.readLength(chunk[at++] as number);
        if (this.wanted === 0) this.finish(receive);
        continue;
      }
      const end = Math.min(chunk.length, at + this.wanted - this.have);
      this.parts.push(this.copyOf(chunk, at, end));
      this.have += end - at;
      at = end;
      if (this.have === this.wanted) this.finish(receive);
    }
  }

  /** Requests come by the dozen, and to allocate for each costs more than to copy it. */
  private copyOf(chunk: Uint8Array, from: number, to: number): Uint8Array {
    const length = to - from;
    // Not by `slice`, which of a Buffer makes no copy.
    if (length < shortestShared || length > longestShared) {
      return new Uint8Array(chunk.subarray(from, to));
    }
    if (this.slabUsed + length > this.slab.length) {
      this.slab = new Uint8Array(slabBytes);
      this.slabUsed = 0;
    }
    const start = this.slabUsed;
    this.slabUsed += length;
    this.slab.set(chunk.subarray(from, to), start);
    return this.slab.subarray(start, this.slabUsed);
  }

  private readLength(byte: number): void {
    if (++this.lengthBytes > maxLengthBytes) throw new FrameBreach('Message length without end');
    this.lengthSoFar += (byte & 0x7f) * 2 ** (7 * (this.lengthBytes - 1));
    if (this.lengthSoFar > this.maxFrameBytes) {
      throw new FrameBreach(`Message length ${this.lengthSoFar} or more`);
    }
    if ((byte & 0x80) !== 0) return;
    this.wanted = this.lengthSoFar;
    this.lengthSoFar = 0;
    this.lengthBytes = 0;
  }

  private finish(receive: (frame: Uint8Array) => void): void {
    const { parts } = this;
    const [only] = parts;
    this.wanted = null;
    this.parts = [];
    this.have = 0;
    receive(parts.length === 1 && only !== undefined ? only : Buffer.concat(parts));
  }
}

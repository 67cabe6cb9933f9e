/** The peer sent what is no sequence of frames within the limit. */
export class FrameBreach extends Error {
  override name = 'FrameBreach';
}

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
      this.parts.push(chunk.slice(at, end));
      this.have += end - at;
      at = end;
      if (this.have === this.wanted) this.finish(receive);
    }
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

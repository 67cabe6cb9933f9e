import { type Digest, digestBytes } from './digest.ts';

/** Bytes that are not what they should be: the peer's fault, so it never leaves {@link decode}. */
class DecodeError extends Error {}

/** What a decoder found wrong, in words that name the field. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/**
 * Appends fixed-width big-endian integers and length-prefixed bytes to a growing buffer.
 * Encoding is canonical: one value has exactly one encoding.
 */
export class Writer {
  private buffer: Uint8Array;
  private view: DataView;
  private length = 0;

  constructor(sizeBytes = 256) {
    this.buffer = new Uint8Array(sizeBytes);
    this.view = new DataView(this.buffer.buffer);
  }

  /**
   * Makes room and gives its offset. Call it before touching `buffer` or `view`: it replaces them.
   */
  private reserve(sizeBytes: number): number {
    const start = this.length;
    const needed = start + sizeBytes;
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      grown.set(this.buffer.subarray(0, start));
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    this.length = needed;
    return start;
  }

  u8(value: number): this {
    const start = this.reserve(1);
    this.view.setUint8(start, value);
    return this;
  }

  u16(value: number): this {
    const start = this.reserve(2);
    this.view.setUint16(start, value);
    return this;
  }

  u32(value: number): this {
    const start = this.reserve(4);
    this.view.setUint32(start, value);
    return this;
  }

  /** A non-negative safe integer (below 2^53) in eight bytes. */
  u53(value: number): this {
    const start = this.reserve(8);
    this.view.setUint32(start, Math.floor(value / 2 ** 32));
    this.view.setUint32(start + 4, value >>> 0);
    return this;
  }

  /** Bytes of a length both sides know. */
  fixed(bytes: Uint8Array): this {
    const start = this.reserve(bytes.length);
    this.buffer.set(bytes, start);
    return this;
  }

  digest(digest: Digest): this {
    const start = this.reserve(digestBytes);
    for (let i = 0; i < digestBytes; i++) {
      this.buffer[start + i] = Number.parseInt(digest.slice(i * 2, i * 2 + 2), 16);
    }
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes);
  }

  text(text: string): this {
    return this.bytes(Buffer.from(text, 'utf8'));
  }

  list<T>(items: readonly T[], write: (writer: Writer, item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}

/**
 * Reads what {@link Writer} wrote. Every length and count is checked against a limit the caller
 * names.
 */
export class Reader {
  private offset = 0;
  private readonly view: DataView;
  private readonly buffer: Uint8Array;

  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  private take(sizeBytes: number, what: string): number {
    const start = this.offset;
    if (start + sizeBytes > this.buffer.length) {
      throw new DecodeError(`${what}: ${sizeBytes} bytes wanted, ${this.remaining} left`);
    }
    this.offset = start + sizeBytes;
    return start;
  }

  get remaining(): number {
    return this.buffer.length - this.offset;
  }

  u8(what: string): number {
    return this.view.getUint8(this.take(1, what));
  }

  u16(what: string): number {
    return this.view.getUint16(this.take(2, what));
  }

  u32(what: string): number {
    return this.view.getUint32(this.take(4, what));
  }

  u53(what: string): number {
    const start = this.take(8, what);
    const value = this.view.getUint32(start) * 2 ** 32 + this.view.getUint32(start + 4);
    if (!Number.isSafeInteger(value)) throw new DecodeError(`${what}: above 2^53 - 1`);
    return value;
  }

  /** A view, not a copy: nothing in this program writes into received bytes. */
  fixed(sizeBytes: number, what: string): Uint8Array {
    const start = this.take(sizeBytes, what);
    return this.buffer.subarray(start, start + sizeBytes);
  }

  digest(what: string): Digest {
    return Buffer.from(this.fixed(digestBytes, what)).toString('hex');
  }

  bytes(maxBytes: number, what: string): Uint8Array {
    const length = this.u32(what);
    if (length > maxBytes) throw new DecodeError(`${what}: ${length} bytes, at most ${maxBytes}`);
    return this.fixed(length, what);
  }

  text(maxBytes: number, what: string): string {
    const bytes = this.bytes(maxBytes, what);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new DecodeError(`${what}: not UTF-8`);
    }
  }

  list<T>(maxItems: number, what: string, read: (reader: Reader) => T): T[] {
    const count = this.u32(what);
    if (count > maxItems) throw new DecodeError(`${what}: ${count} items, at most ${maxItems}`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(this));
    return items;
  }

  /** Refuses what follows: for tags and values out of range, found by the caller. */
  fail(reason: string): never {
    throw new DecodeError(reason);
  }
}

/** Runs `read` over all of `bytes`: a left-over byte is an error like any other. */
export function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T): Decoded<T> {
  const reader = new Reader(bytes);
  try {
    const value = read(reader);
    if (reader.remaining > 0) return { ok: false, reason: `${reader.remaining} bytes too many` };
    return { ok: true, value };
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, reason: error.message };
    throw error;
  }
}

import { asciiIn, putAscii, shortText } from './ascii.ts';
import { assert } from './assert.ts';
import { type Digest, digestBytes, sha256, sha256Hex, tagOf } from './digest.ts';
import { digestIn, putDigest } from './known-digests.ts';

/**
 * Bytes that are not what they should be: the peer's fault, so it never leaves {@link decode}. No
 * Error: a peer must not be able to make this program write stack traces.
 */
class DecodeError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** What a decoder found wrong, in words that name the field. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/**
 * Buffers of finished writers, for the next ones: clearing fresh memory takes as long as some ten
 * hashes for a request.
 */
const spares: Uint8Array[] = [];
const spareViews: DataView[] = [];
const firstBytes = 1024;
const maxSpareBytes = 16 * 1024;
const maxSpares = 16;
/** Short-lived bytes stand side by side: memory of their own costs them a microsecond. */
const slabBytes = 8 * 1024;
let slab = new Uint8Array(slabBytes);
let slabUsed = 0;
/** What is as short as this is kept where objects are, at no cost. */
const ownBytes = 64;
/** Up to this many, copying one byte after the other is quicker than to ask for it. */
const byteByByte = 24;
/** As {@link byteByByte}, where the other way needs a view of the source to be made. */
const byteByByteCopy = 256;
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** In place of a length: the writer gave its buffer away. */
const finished = -1;

/** The first `length` bytes again, for what lives briefly, see {@link Writer.finishBrief}. */
export function copyBriefly(bytes: Uint8Array, length = bytes.length): Uint8Array {
  if (length <= ownBytes || length > slabBytes / 4) {
    return Uint8Array.prototype.slice.call(bytes, 0, length);
  }
  if (slabUsed + length > slabBytes) {
    slab = new Uint8Array(slabBytes);
    slabUsed = 0;
  }
  const start = slabUsed;
  slabUsed += length;
  if (bytes.length === length) slab.set(bytes, start);
  else if (length > byteByByteCopy) slab.set(bytes.subarray(0, length), start);
  // A view of the source, to copy by it, would cost more than a short copy.
  else for (let i = 0; i < length; i++) slab[start + i] = bytes[i] as number;
  return slab.subarray(start, slabUsed);
}

/**
 * Appends fixed-width big-endian integers and length-prefixed bytes to a growing buffer.
 * Encoding is canonical: one value has exactly one encoding.
 */
export class Writer {
  private buffer: Uint8Array;
  private view: DataView;
  private length = 0;

  /** What {@link Writer.toHash} gives is a hash in this domain; closed, as {@link digest} does. */
  static hashing(domain: string): Writer {
    return new Writer().fixed(tagOf(domain));
  }

  /** `sizeBytes` is what is expected; it grows when there is more. */
  constructor(sizeBytes = 256) {
    const spare = sizeBytes <= maxSpareBytes ? spares.pop() : undefined;
    this.buffer = spare ?? new Uint8Array(Math.max(sizeBytes, firstBytes));
    const view = spare === undefined ? undefined : spareViews.pop();
    this.view = view ?? new DataView(this.buffer.buffer);
  }

  /**
   * Makes room and gives its offset. Call it before touching `buffer` or `view`: it replaces them.
   */
  private reserve(sizeBytes: number): number {
    const start = this.length;
    assert(start !== finished, 'written to after finish');
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
    const { length } = bytes;
    const start = this.reserve(length);
    if (length > byteByByte) this.buffer.set(bytes, start);
    else for (let i = 0; i < length; i++) this.buffer[start + i] = bytes[i] as number;
    return this;
  }

  digest(digest: Digest): this {
    const start = this.reserve(digestBytes);
    putDigest(digest, this.buffer, start);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes);
  }

  text(text: string): this {
    const { length } = text;
    if (length > shortText) return this.bytes(Buffer.from(text, 'utf8'));
    const start = this.reserve(4 + length);
    this.view.setUint32(start, length);
    if (putAscii(text, this.buffer, start + 4)) return this;
    this.length = start;
    return this.bytes(Buffer.from(text, 'utf8'));
  }

  /** Items of `itemBytes` each, side by side: as a list of them is written. */
  row(items: Uint8Array, itemBytes: number): this {
    return this.u32(items.length / itemBytes).fixed(items);
  }

  list<T>(items: readonly T[], write: (writer: Writer, item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  /** A copy of what was written. Last of all: the writer's own buffer goes to the next one. */
  finish(): Uint8Array {
    assert(this.length !== finished, 'finished twice');
    const written = this.buffer.slice(0, this.length);
    this.giveAway();
    return written;
  }

  /** As {@link finish}, for who only looks: `use` is shown the bytes themselves, not a copy. */
  finishWith<T>(use: (written: Uint8Array) => T): T {
    const result = use(this.written());
    this.giveAway();
    return result;
  }

  /**
   * As {@link finish}, for what lives no longer than a log window: it may share its memory with
   * its neighbours, and keeps all of that alive.
   */
  finishBrief(): Uint8Array {
    assert(this.length !== finished, 'finished twice');
    const { buffer, length } = this;
    // Nobody else gets so large a buffer, so what fits it well may as well keep it.
    const keepsIt = buffer.length > maxSpareBytes && buffer.length - length < length >>> 3;
    const written = keepsIt ? buffer.subarray(0, length) : copyBriefly(buffer, length);
    this.giveAway();
    return written;
  }

  /**
   * SHA-256 over all that was written, last of all: of a writer from {@link Writer.hashing} what
   * `digestToBytes` gives for its domain and the bytes behind it, without a copy of them.
   */
  toHash(): Uint8Array {
    const hash = sha256(this.written());
    this.giveAway();
    return hash;
  }

  /** As {@link toHash}, in hex. */
  toDigest(): Digest {
    const digest = sha256Hex(this.written());
    this.giveAway();
    return digest;
  }

  private written(): Uint8Array {
    assert(this.length !== finished, 'finished twice');
    return this.buffer.subarray(0, this.length);
  }

  private giveAway(): void {
    if (this.buffer.length <= maxSpareBytes && spares.length < maxSpares) {
      spares.push(this.buffer);
      spareViews.push(this.view);
    }
    this.length = finished;
  }
}

/**
 * Reads what {@link Writer} wrote. Every length and count is checked against a limit the caller
 * names.
 */
export class Reader {
  private offset = 0;
  /** No DataView: to make one takes longer than to read a vote byte by byte. */
  private readonly buffer: Uint8Array;

  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
  }

  private take(sizeBytes: number, what: string): number {
    const start = this.offset;
    if (start + sizeBytes > this.buffer.length) {
      throw new DecodeError(`${what}: ${sizeBytes} bytes wanted, ${this.remaining} left`);
    }
    this.offset = start + sizeBytes;
    return start;
  }

  /** Where the reader stands, for {@link since}. */
  mark(): number {
    return this.offset;
  }

  /** A view of what was read since `mark`. */
  since(mark: number): Uint8Array {
    return this.buffer.subarray(mark, this.offset);
  }

  get remaining(): number {
    return this.buffer.length - this.offset;
  }

  u8(what: string): number {
    return this.buffer[this.take(1, what)] as number;
  }

  u16(what: string): number {
    const start = this.take(2, what);
    return ((this.buffer[start] as number) << 8) | (this.buffer[start + 1] as number);
  }

  u32(what: string): number {
    return wordAt(this.buffer, this.take(4, what));
  }

  u53(what: string): number {
    const start = this.take(8, what);
    const value = wordAt(this.buffer, start) * 2 ** 32 + wordAt(this.buffer, start + 4);
    if (!Number.isSafeInteger(value)) throw new DecodeError(`${what}: above 2^53 - 1`);
    return value;
  }

  /** A view, not a copy: nothing in this program writes into received bytes. */
  fixed(sizeBytes: number, what: string): Uint8Array {
    const start = this.take(sizeBytes, what);
    return this.buffer.subarray(start, start + sizeBytes);
  }

  digest(what: string): Digest {
    return digestIn(this.buffer, this.take(digestBytes, what));
  }

  bytes(maxBytes: number, what: string): Uint8Array {
    const length = this.u32(what);
    if (length > maxBytes) throw new DecodeError(`${what}: ${length} bytes, at most ${maxBytes}`);
    return this.fixed(length, what);
  }

  text(maxBytes: number, what: string): string {
    const length = this.u32(what);
    if (length > maxBytes) throw new DecodeError(`${what}: ${length} bytes, at most ${maxBytes}`);
    const start = this.take(length, what);
    const ascii = asciiIn(this.buffer, start, length);
    if (ascii !== null) return ascii;
    try {
      return textDecoder.decode(this.buffer.subarray(start, start + length));
    } catch {
      throw new DecodeError(`${what}: not UTF-8`);
    }
  }

  /** A list of items of `itemBytes` each as one view of all of them. */
  row(maxItems: number, itemBytes: number, what: string): Uint8Array {
    const count = this.count(maxItems, what);
    // The words of {@link list}, which reads one after the other: answers quote them.
    if (count * itemBytes > this.remaining) {
      const left = this.remaining % itemBytes;
      throw new DecodeError(`${what}: ${itemBytes} bytes wanted, ${left} left`);
    }
    return this.fixed(count * itemBytes, what);
  }

  private count(maxItems: number, what: string): number {
    const count = this.u32(what);
    if (count > maxItems) throw new DecodeError(`${what}: ${count} items, at most ${maxItems}`);
    return count;
  }

  list<T>(maxItems: number, what: string, read: (reader: Reader) => T): T[] {
    const count = this.count(maxItems, what);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(this));
    return items;
  }

  /** Refuses what follows: for tags and values out of range, found by the caller. */
  fail(reason: string): never {
    throw new DecodeError(reason);
  }
}

/** Four bytes, big-endian, unsigned. */
function wordAt(buffer: Uint8Array, at: number): number {
  return (
    (((buffer[at] as number) << 24) |
      ((buffer[at + 1] as number) << 16) |
      ((buffer[at + 2] as number) << 8) |
      (buffer[at + 3] as number)) >>>
    0
  );
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

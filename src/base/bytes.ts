const encoder = new TextEncoder();

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Where a digest is turned into hex and back: a Buffer of its own for each costs as much again. */
const hexScratch = Buffer.allocUnsafeSlow(64);

/** Lower-case hex of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  const { length } = bytes;
  if (length <= hexScratch.length) {
    for (let i = 0; i < length; i++) hexScratch[i] = bytes[i] as number;
    return hexScratch.toString('hex', 0, length);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Bytes of lower- or upper-case hex, or null when `hex` is anything else. */
export function fromHex(hex: string): Uint8Array | null {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return null;
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Value of the character code of a lower-case hex digit: 0-9 are 48-57, a-f are 97-102. */
function nibble(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

/** Byte `i` of lower-case hex, which is not checked. */
export function byteOf(hex: string, i: number): number {
  return (nibble(hex.charCodeAt(i * 2)) << 4) | nibble(hex.charCodeAt(i * 2 + 1));
}

/** The first `count` bytes of lower-case hex, which is not checked, into `out` from `at` on. */
export function putHex(hex: string, count: number, out: Uint8Array, at: number): void {
  const { length } = hexScratch;
  if (count <= length && hexScratch.write(hex, 0, count, 'hex') === count) {
    for (let i = 0; i < count; i++) out[at + i] = hexScratch[i] as number;
    return;
  }
  for (let i = 0; i < count; i++) out[at + i] = byteOf(hex, i);
}

/** Up to this many, one byte after the other is quicker than to ask for it. */
const compareByByte = 48;

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  if (a.length > compareByByte) return Buffer.compare(a, b) === 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** The longest of the views that {@link Scratch} keeps: what is signed and hashed is shorter. */
const maxKeptView = 512;

/**
 * Bytes written over again and again, to be looked at through a view of the length in use. Views
 * are kept, because to make one costs a tenth of a microsecond and a place in young memory.
 */
export class Scratch {
  readonly bytes: Uint8Array;
  private readonly views: (Uint8Array | undefined)[];

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
    this.views = new Array<Uint8Array | undefined>(maxKeptView + 1).fill(undefined);
  }

  /** The first `length` bytes, until they are written over. */
  first(length: number): Uint8Array {
    if (length > maxKeptView) return this.bytes.subarray(0, length);
    let view = this.views[length];
    if (view === undefined) {
      view = this.bytes.subarray(0, length);
      this.views[length] = view;
    }
    return view;
  }
}

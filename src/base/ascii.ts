/** Text up to this many characters, which is nearly always ASCII, is not worth a call. */
export const shortText = 256;
const lastAscii = 0x7f;
const scratch = Buffer.allocUnsafeSlow(shortText);

/** Writes `text` into `out` from `at` on; false, and some of it written, when it is not ASCII. */
export function putAscii(text: string, out: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > lastAscii) return false;
    out[at + i] = code;
  }
  return true;
}

/** The text of `length` bytes from `start` on; null when they are not ASCII, or not short. */
export function asciiIn(bytes: Uint8Array, start: number, length: number): string | null {
  if (length > shortText) return null;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte > lastAscii) return null;
    scratch[i] = byte;
  }
  return scratch.toString('latin1', 0, length);
}

import { AsnConvert } from '@peculiar/asn1-schema';
import { equalBytes } from '../base/bytes.ts';

type Constructor<T> = new () => T;

/** DER of an annotated object. Throws on objects of ours that break their own schema. */
export function toDer(value: object): Uint8Array {
  return new Uint8Array(AsnConvert.serialize(value));
}

/** A copy of `bytes` as the buffer the ASN.1 classes take. */
export function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** Parses BER as found in the wild; null for anything that does not fit the type. */
function parseAsn1<T extends object>(type: Constructor<T>, bytes: Uint8Array): T | null {
  if (!isOneElement(bytes)) return null;
  try {
    return AsnConvert.parse(bytes, type);
  } catch {
    return null; // the parser reports every malformed input by throwing; its words help nobody
  }
}

/**
 * Parses and encodes again: null unless the bytes are the one DER encoding of the value, so that
 * no byte can change without changing the value.
 */
export function parseDer<T extends object>(type: Constructor<T>, bytes: Uint8Array): T | null {
  const value = parseAsn1(type, bytes);
  if (value === null) return null;
  try {
    return equalBytes(toDer(value), bytes) ? value : null;
  } catch {
    return null; // parsed to something that has no encoding
  }
}

/** One element of definite length and nothing behind it (X.690 §8.1). */
function isOneElement(bytes: Uint8Array): boolean {
  const first = bytes[1];
  if (first === undefined) return false;
  if (first < 0x80) return bytes.length === 2 + first;
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4 || bytes.length < 2 + octets) return false;
  let length = 0;
  for (let i = 0; i < octets; i++) length = length * 256 + (bytes[2 + i] as number);
  return bytes.length === 2 + octets + length;
}

import { assert } from '../base/assert.ts';
import { concatBytes, utf8 } from '../base/bytes.ts';

/**
 * DER (X.690) put together from bytes: what this room signs by the thousand is a few changing
 * fields between parts that never change, and a general encoder walks them all every time.
 */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier and length octets (§8.1.3, definite form) of an element with so long a content. */
export function elementHeader(tag: number, length: number): Uint8Array {
  assert(length < 0x1000000, 'an element has less than 16 MiB');
  const octets =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Uint8Array.of(tag, ...octets);
}

export function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** Its header in front of the parts of an element. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(elementHeader(tag, lengthOf(parts)), ...parts);
}

/** As {@link sequence}, of any number of parts. */
export function sequenceOf(parts: readonly Uint8Array[]): Uint8Array {
  // Joined here: arguments are pushed on a stack that a long list would overflow.
  const content = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    content.set(part, at);
    at += part.length;
  }
  return element(tags.sequence, content);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(tags.sequence, ...parts);
}

/** `[number] EXPLICIT` around an element, or an implicitly tagged constructed one. */
export function tagged(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return element(0xa0 | number, ...parts);
}

/** `[number] IMPLICIT` of a primitive type. */
export function taggedBytes(number: number, content: Uint8Array): Uint8Array {
  return element(0x80 | number, content);
}

export const derTrue = Uint8Array.of(tags.boolean, 1, 0xff);

/** An INTEGER of unsigned big-endian octets, in the fewest there can be (§8.3.2). */
export function unsignedInteger(octets: Uint8Array): Uint8Array {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start += 1;
  const shortest = octets.subarray(start);
  const signBit = ((shortest[0] ?? 0) & 0x80) !== 0;
  return element(tags.integer, ...(signBit ? [Uint8Array.of(0)] : []), shortest);
}

/** An INTEGER from 0 to 2^53 − 1. */
export function integer(value: number): Uint8Array {
  assert(Number.isSafeInteger(value) && value >= 0, 'an integer of DER is a safe one here');
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value));
  return unsignedInteger(octets);
}

export function enumerated(value: number): Uint8Array {
  return Uint8Array.of(tags.enumerated, 1, value);
}

const identifiers = new Map<string, Uint8Array>();
const maxIdentifiers = 256;

/** An OBJECT IDENTIFIER of its dotted form (§8.19), its parts below 2^53. */
export function oid(dotted: string): Uint8Array {
  const known = identifiers.get(dotted);
  if (known !== undefined) return known;
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const part of [first * 40 + second, ...rest]) {
    assert(Number.isSafeInteger(part) && part >= 0, `${dotted} is no object identifier`);
    const digits = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift(0x80 | (left % 128));
    }
    octets.push(...digits);
  }
  const encoded = element(tags.oid, Uint8Array.from(octets));
  if (identifiers.size < maxIdentifiers) identifiers.set(dotted, encoded);
  return encoded;
}

export function octetString(content: Uint8Array): Uint8Array {
  return element(tags.octetString, content);
}

/** A BIT STRING of whole octets. */
export function bitString(content: Uint8Array): Uint8Array {
  return element(tags.bitString, Uint8Array.of(0), content);
}

/** A BIT STRING of named bits: `bits` has bit 0 as its lowest; trailing zeros go (§11.2.2). */
export function namedBits(bits: number): Uint8Array {
  const length = 32 - Math.clz32(bits);
  const octets = new Uint8Array(Math.ceil(length / 8));
  for (let bit = 0; bit < length; bit++) {
    if ((bits >> bit) & 1) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  }
  return element(tags.bitString, Uint8Array.of((8 - (length % 8)) % 8), octets);
}

export function utf8String(text: string): Uint8Array {
  return element(tags.utf8String, utf8(text));
}

const times = new Map<number, Uint8Array>();
const maxTimes = 64;

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime after; whole seconds, always Z. */
export function time(ms: number): Uint8Array {
  // Certificates of one second begin and end alike.
  let encoded = times.get(ms);
  if (encoded === undefined) {
    encoded = encodeTime(ms);
    if (times.size >= maxTimes) times.clear();
    times.set(ms, encoded);
  }
  return encoded;
}

function encodeTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+Z$/g, '');
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050
    ? element(tags.utcTime, utf8(`${digits.slice(2)}Z`))
    : element(tags.generalizedTime, utf8(`${digits}Z`));
}

/** As RFC 6960 wants all its times. */
export function generalizedTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+Z$/g, '');
  return element(tags.generalizedTime, utf8(`${digits}Z`));
}

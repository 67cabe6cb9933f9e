import { tags } from './der-writer.ts';

/** One element of DER, without a copy: its identifier octet, content, and both with the length. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/**
 * The elements that fill `bytes`, one behind the other; null unless each has a one-octet identifier
 * and its length in the one form DER allows (X.690 §10.1), up to 2^24 octets.
 */
export function readElements(bytes: Uint8Array): readonly Element[] | null {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1];
    if ((tag & 0x1f) === 0x1f || first === undefined) return null;
    let start = at + 2;
    let length = first;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      if (octets === 0 || octets > 3) return null;
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + i] ?? Number.NaN);
      start += octets;
      // Shorter forms come first: whoever signs must not be able to say one thing in two ways.
      const least = octets === 1 ? 0x80 : 2 ** (8 * (octets - 1));
      if (!(length >= least)) return null;
    }
    const end = start + length;
    if (end > bytes.length) return null;
    elements.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

/** The single element `bytes` consists of, if it has this tag; null otherwise. */
export function readElement(bytes: Uint8Array, tag: number): Element | null {
  const elements = readElements(bytes);
  const [only] = elements ?? [];
  return only !== undefined && elements?.length === 1 && only.tag === tag ? only : null;
}

/** What stands in the single element `bytes` consists of, if it has this tag; null otherwise. */
export function readInside(bytes: Uint8Array, tag: number): readonly Element[] | null {
  const outer = readElement(bytes, tag);
  return outer === null ? null : readElements(outer.content);
}

/** An INTEGER from 0 to 2^53 − 1 in its fewest octets (X.690 §8.3.2); null for any other. */
export function readUnsigned({ tag, content }: Element): number | null {
  const [first = 0x80, second = 0x80] = content;
  if (tag !== tags.integer || content.length > 8 || first >= 0x80) return null;
  if (content.length > 1 && first === 0 && second < 0x80) return null;
  const value = content.reduce((sum, octet) => sum * 256 + octet, 0);
  return Number.isSafeInteger(value) ? value : null;
}

/** Dotted form of the content of an OBJECT IDENTIFIER; null for none (X.690 §8.19). */
export function readOid(content: Uint8Array): string | null {
  let dotted = '';
  let value = 0;
  let fresh = true;
  for (const octet of content) {
    if (fresh && octet === 0x80) return null; // a leading zero digit
    value = value * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(value)) return null;
    fresh = (octet & 0x80) === 0;
    if (!fresh) continue;
    // The first number is two: 40 times the root, which is 2 at the most, and the arc below it.
    const root = Math.min(2, Math.floor(value / 40));
    dotted = dotted === '' ? `${root}.${value - 40 * root}` : `${dotted}.${value}`;
    value = 0;
  }
  return fresh && dotted !== '' ? dotted : null;
}

/** Milliseconds of a UTCTime or GeneralizedTime in DER of whole seconds; null for anything else. */
export function readTime({ tag, content }: Element): number | null {
  const isUtc = tag === tags.utcTime && content.length === 13;
  if (!isUtc && !(tag === tags.generalizedTime && content.length === 15)) return null;
  const zulu = 0x5a;
  if (content[content.length - 1] !== zulu) return null;
  const pairs: number[] = [];
  for (let at = 0; at < content.length - 1; at += 2) {
    const tens = (content[at] as number) - 0x30;
    const ones = (content[at + 1] as number) - 0x30;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return null;
    pairs.push(10 * tens + ones);
  }
  // RFC 5280 §4.1.2.5.1: two digits are of the years 1950 to 2049.
  if (isUtc) pairs.unshift((pairs[0] as number) < 50 ? 20 : 19);
  const [century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = pairs;
  const date = new Date(0);
  date.setUTCFullYear(100 * century + year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // What there is not (the 30th of February, the hour 24) would have become something else.
  const isReal =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return isReal ? date.getTime() : null;
}

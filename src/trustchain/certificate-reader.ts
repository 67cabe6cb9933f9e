import { onceForEach } from '../base/memo.ts';
import { type Element, readElement, readElements, readInside, readOid } from './der-reader.ts';
import { tags } from './der-writer.ts';

/** One extension as it stands in the certificate. */
export interface ReadExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** FALSE, the default, written out: DER forbids it (X.690 §11.5). */
  readonly defaultWritten: boolean;
  /** What the octet string holds. */
  readonly value: Uint8Array;
}

/** TBSCertificate (RFC 5280 §4.1) taken apart. Bytes are whole DER elements. */
export interface ReadTbs {
  /** As written: 2 means v3; null: absent, v1. */
  readonly version: number | null;
  /** Content of the INTEGER, sign and all. */
  readonly serial: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Element;
  readonly notAfter: Element;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  /** issuerUniqueID or subjectUniqueID is there. */
  readonly uniqueIds: boolean;
  /** In the order found. */
  readonly extensions: readonly ReadExtension[];
}

/**
 * Reads a to-be-signed certificate with no help of the library that may have written it, so that
 * it can be its critic. Null when the outline is not that of RFC 5280; contents are not judged.
 * The same bytes are looked at by several, from the draft to the signature, and read once.
 */
export const readTbs = onceForEach(takeApart);

function takeApart(der: Uint8Array): ReadTbs | null {
  const fields = [...(readInside(der, tags.sequence) ?? [])];
  const first = fields[0]?.tag === 0xa0 ? readElement(fields[0].content, tags.integer) : null;
  if (fields[0]?.tag === 0xa0) {
    if (first === null || first.content.length !== 1) return null;
    fields.shift();
  }
  const [serial, algorithm, issuer, validity, subject, publicKey, ...rest] = fields;
  if (serial?.tag !== tags.integer || validity?.tag !== tags.sequence) return null;
  for (const field of [algorithm, issuer, subject, publicKey]) {
    if (field?.tag !== tags.sequence) return null;
  }
  if (algorithm === undefined || issuer === undefined) return null;
  if (subject === undefined || publicKey === undefined) return null;
  const [notBefore, notAfter, more] = readElements(validity.content) ?? [];
  if (notBefore === undefined || notAfter === undefined || more !== undefined) return null;
  const uniqueIds = rest.filter(({ tag }) => (tag & ~0x20) === 0x81 || (tag & ~0x20) === 0x82);
  const others = rest.filter((field) => !uniqueIds.includes(field));
  const [wrapped, extra] = others;
  if (extra !== undefined || (wrapped !== undefined && wrapped.tag !== 0xa3)) return null;
  const extensions = wrapped === undefined ? [] : readExtensions(wrapped.content);
  if (extensions === null) return null;
  return {
    version: first?.content[0] ?? null,
    serial: serial.content,
    algorithm: algorithm.whole,
    issuer: issuer.whole,
    notBefore,
    notAfter,
    subject: subject.whole,
    publicKey: publicKey.whole,
    uniqueIds: uniqueIds.length > 0,
    extensions,
  };
}

/** Extensions ::= SEQUENCE OF Extension, with the identifier around them; null when malformed. */
export function readExtensions(der: Uint8Array): readonly ReadExtension[] | null {
  const list = readInside(der, tags.sequence);
  const read = list?.map(readExtension) ?? [null];
  return read.every((one) => one !== null) ? read : null;
}

function readExtension({ tag, content }: Element): ReadExtension | null {
  const parts = tag === tags.sequence ? readElements(content) : null;
  if (parts === null || parts.length < 2 || parts.length > 3) return null;
  const [id, ...rest] = parts as [Element, ...Element[]];
  const value = rest.pop() as Element;
  const flag = rest[0];
  const oid = id.tag === tags.oid ? readOid(id.content) : null;
  if (oid === null || value.tag !== tags.octetString) return null;
  if (flag !== undefined && (flag.tag !== tags.boolean || flag.content.length !== 1)) return null;
  const octet = flag?.content[0];
  if (octet !== undefined && octet !== 0 && octet !== 0xff) return null;
  return { oid, critical: octet === 0xff, defaultWritten: octet === 0, value: value.content };
}

/** A signed structure of RFC 5280: certificate or revocation list. */
export interface ReadSigned {
  readonly toBeSigned: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** Of the same bytes the same, so that their to-be-signed part is read once, too. */
export const readSigned = onceForEach(takeSignedApart);

function takeSignedApart(der: Uint8Array): ReadSigned | null {
  const [toBeSigned, algorithm, signature, extra] = readInside(der, tags.sequence) ?? [];
  if (toBeSigned?.tag !== tags.sequence || algorithm?.tag !== tags.sequence) return null;
  // A signature has whole octets: no unused bits.
  if (signature?.tag !== tags.bitString || signature.content[0] !== 0) return null;
  if (extra !== undefined) return null;
  return {
    toBeSigned: toBeSigned.whole,
    algorithm: algorithm.whole,
    signature: signature.content.subarray(1),
  };
}

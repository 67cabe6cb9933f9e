import { type ReadExtension, readExtensions } from './certificate-reader.ts';
import { type Element, readElement, readElements, readInside, readOid } from './der-reader.ts';
import { tags } from './der-writer.ts';
import { oids } from './fields.ts';

/** A PKCS #10 request (RFC 2986 §4) taken apart; nothing in it is judged. */
export interface ReadCsr {
  /** CertificationRequestInfo: what is signed. */
  readonly signed: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly commonNames: readonly string[];
  /** Those asked for; null: not readable, or asked for twice. */
  readonly extensions: readonly ReadExtension[] | null;
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

const extensionRequest = '1.2.840.113549.1.9.14';

/** Null for anything but a request in DER. */
export function readCsr(der: Uint8Array): ReadCsr | null {
  const [info, algorithm, signature, more] = readInside(der, tags.sequence) ?? [];
  if (info?.tag !== tags.sequence || algorithm?.tag !== tags.sequence) return null;
  if (signature?.tag !== tags.bitString || signature.content[0] !== 0) return null;
  const [version, subject, publicKey, attributes, extra] = readElements(info.content) ?? [];
  if (version?.tag !== tags.integer || version.content.length !== 1) return null;
  if (version.content[0] !== 0 || more !== undefined || extra !== undefined) return null;
  if (subject?.tag !== tags.sequence || publicKey?.tag !== tags.sequence) return null;
  // RFC 2986 wants attributes, if only an empty set; not every tool knows.
  if (attributes !== undefined && attributes.tag !== 0xa0) return null;
  const commonNames = readCommonNames(subject);
  const list = attributes === undefined ? [] : readElements(attributes.content);
  if (commonNames === null || list === null) return null;
  return {
    signed: info.whole,
    publicKey: publicKey.whole,
    commonNames,
    extensions: requestedExtensions(list),
    algorithm: algorithm.whole,
    signature: signature.content.subarray(1),
  };
}

function readCommonNames(subject: Element): readonly string[] | null {
  const found: string[] = [];
  for (const relative of readElements(subject.content) ?? [null]) {
    const attributes = relative?.tag === tags.set ? readElements(relative.content) : null;
    for (const attribute of attributes ?? [null]) {
      const parts = attribute?.tag === tags.sequence ? readElements(attribute.content) : null;
      const [type, value, more] = parts ?? [];
      if (type?.tag !== tags.oid || value === undefined || more !== undefined) return null;
      if (readOid(type.content) !== oids.commonName) continue;
      const text = readText(value);
      if (text === null) return null;
      found.push(text);
    }
  }
  return found;
}

/** DirectoryString (RFC 5280 §4.1.2.4) and IA5String, which some tools write for it. */
function readText({ tag, content }: Element): string | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  if (tag === tags.utf8String) return bytes.toString('utf8');
  const printable = 0x13;
  const teletex = 0x14;
  const ia5 = 0x16;
  if (tag === printable || tag === teletex || tag === ia5) return bytes.toString('latin1');
  const bmp = 0x1e;
  if (tag !== bmp || content.length % 2 !== 0) return null;
  return Buffer.from(bytes).swap16().toString('utf16le');
}

function requestedExtensions(attributes: readonly Element[]): readonly ReadExtension[] | null {
  let wanted: readonly ReadExtension[] | null = null;
  for (const attribute of attributes) {
    const [type, values, more] = readInside(attribute.whole, tags.sequence) ?? [];
    if (type?.tag !== tags.oid || values?.tag !== tags.set || more !== undefined) return null;
    if (readOid(type.content) !== extensionRequest) continue;
    const value = readElement(values.content, tags.sequence);
    const read = value === null ? null : readExtensions(value.whole);
    if (read === null || wanted !== null) return null;
    wanted = read;
  }
  const kinds = new Set((wanted ?? []).map(({ oid }) => oid));
  return kinds.size === (wanted ?? []).length ? (wanted ?? []) : null;
}

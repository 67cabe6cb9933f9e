import type { CaCertificate } from '../ca-certificate.ts';
import type { ReadExtension, ReadTbs } from '../certificate-reader.ts';
import { readInside, readOid, readTime } from '../der-reader.ts';
import { tags } from '../der-writer.ts';
import { oids } from '../fields.ts';
import type { KeyAlgorithm } from '../keys.ts';

/** What a to-be-signed certificate is meant to be. */
export type CertificateKind = 'leaf' | 'intermediate' | 'root';

/** Who is about to sign: of a root, the root itself, which has no certificate yet. */
export type LintIssuer = Pick<
  CaCertificate,
  'algorithm' | 'name' | 'keyIdentifier' | 'notBeforeMs' | 'notAfterMs' | 'constraints'
>;

/** One name of the alternative names: context tag (RFC 5280 §4.2.1.6) and content. */
export interface AlternativeName {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly text: string;
}

/** A to-be-signed certificate as the rules look at it; what is not readable is null. */
export interface View {
  readonly kind: CertificateKind;
  readonly tbs: ReadTbs;
  readonly issuer: LintIssuer;
  /** Algorithm of the key that is about to sign. */
  readonly algorithm: KeyAlgorithm;
  readonly notBeforeMs: number | null;
  readonly notAfterMs: number | null;
  readonly isRsa: boolean;
  extension(oid: string): ReadExtension | undefined;
  /** KeyUsage bits, bit 0 lowest. */
  readonly usage: number | null;
  readonly purposes: readonly string[] | null;
  readonly alternativeNames: readonly AlternativeName[] | null;
  /** Attribute types and texts of the subject, in order. */
  readonly subject: readonly { readonly type: string; readonly text: string }[] | null;
}

/** A rule of the linter: null where it holds, else what is wrong. */
export interface Rule {
  readonly name: string;
  /** Where it is written. */
  readonly source: string;
  readonly check: (view: View) => string | null;
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

export function viewOf(kind: CertificateKind, tbs: ReadTbs, issuer: LintIssuer): View {
  const byOid = new Map(tbs.extensions.map((one) => [one.oid, one]));
  const extensionValue = (oid: string): Uint8Array => byOid.get(oid)?.value ?? new Uint8Array();
  return {
    kind,
    tbs,
    issuer,
    algorithm: issuer.algorithm,
    notBeforeMs: readTime(tbs.notBefore),
    notAfterMs: readTime(tbs.notAfter),
    isRsa: keyTypeOf(tbs.publicKey)?.startsWith('1.2.840.113549.1.1.') ?? false,
    extension: (oid) => byOid.get(oid),
    usage: readUsage(extensionValue(oids.keyUsage)),
    purposes: readPurposes(extensionValue(oids.extendedKeyUsage)),
    alternativeNames: readNames(extensionValue(oids.subjectAltName)),
    subject: readSubject(tbs.subject),
  };
}

function keyTypeOf(publicKey: Uint8Array): string | null {
  const [algorithm] = readInside(publicKey, tags.sequence) ?? [];
  const [id] = algorithm === undefined ? [] : (readInside(algorithm.whole, tags.sequence) ?? []);
  return id?.tag === tags.oid ? readOid(id.content) : null;
}

/** Named bits without trailing zeros (X.690 §11.2.2); null for anything else. */
function readUsage(der: Uint8Array): number | null {
  const [tag, length, unused = 8, ...octets] = der;
  const last = octets.at(-1);
  if (tag !== tags.bitString || length !== der.length - 2 || last === undefined) return null;
  if (octets.length > 2 || unused > 7 || ((last >> unused) & 1) === 0) return null;
  if ((last & ((1 << unused) - 1)) !== 0) return null;
  let bits = 0;
  for (let bit = 0; bit < 8 * octets.length; bit++) {
    if (((octets[bit >> 3] as number) >> (7 - (bit & 7))) & 1) bits |= 1 << bit;
  }
  return bits;
}

function readPurposes(der: Uint8Array): readonly string[] | null {
  const list = readInside(der, tags.sequence);
  const read = list?.map(({ tag, content }) => (tag === tags.oid ? readOid(content) : null));
  return read?.every((one) => one !== null) && read.length > 0 ? read : null;
}

function readNames(der: Uint8Array): readonly AlternativeName[] | null {
  const list = readInside(der, tags.sequence);
  if (list === null || list.length === 0) return null;
  return list.map(({ tag, content }) => ({ tag, content, text: latin1(content) }));
}

function readSubject(der: Uint8Array): View['subject'] {
  const found: { type: string; text: string }[] = [];
  for (const relative of readInside(der, tags.sequence) ?? []) {
    const [attribute, more] = readInside(relative.whole, tags.set) ?? [];
    const parts = attribute === undefined ? null : readInside(attribute.whole, tags.sequence);
    const [type, value] = parts ?? [];
    if (more !== undefined || type?.tag !== tags.oid || value?.tag !== tags.utf8String) return null;
    const oid = readOid(type.content);
    if (oid === null) return null;
    found.push({ type: oid, text: Buffer.from(value.content).toString('utf8') });
  }
  return found;
}

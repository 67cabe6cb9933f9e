import { equalBytes } from '../base/bytes.ts';
import { readExtensions } from './certificate-reader.ts';
import { type Element, readElement, readElements, readInside, readOid } from './der-reader.ts';
import { tags } from './der-writer.ts';
import { limits } from './limits.ts';

/** CertID (RFC 6960 §4.1.1): which certificate of which issuer. */
export interface AskedCertificate {
  /** As it came: the answer repeats it. */
  readonly whole: Uint8Array;
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content of the INTEGER. */
  readonly serial: Uint8Array;
}

export interface OcspRequest {
  readonly asked: readonly AskedCertificate[];
  /** Value of the nonce extension, an OCTET STRING in DER; null: none. */
  readonly nonce: Uint8Array | null;
}

export const nonceOid = '1.3.6.1.5.5.7.48.1.2';
const version1 = Uint8Array.of(tags.integer, 1, 0);

/**
 * OCSPRequest (RFC 6960 §4.1.1); null when malformed, too large, or with a critical extension that
 * means nothing here. Whoever signed it is not asked: answers are for everybody.
 */
export function readOcspRequest(der: Uint8Array): OcspRequest | null {
  if (der.length > limits.ocspRequestBytes) return null;
  const [tbs, signature, more] = readInside(der, tags.sequence) ?? [];
  if (tbs?.tag !== tags.sequence || more !== undefined) return null;
  if (signature !== undefined && signature.tag !== 0xa0) return null;
  const fields = [...(readElements(tbs.content) ?? [])];
  const take = (tag: number): Element | null =>
    fields[0]?.tag === tag ? (fields.shift() as Element) : null;
  const version = take(0xa0);
  if (version !== null && !equalBytes(version.content, version1)) return null;
  take(0xa1); // the requestor's name
  const list = take(tags.sequence);
  const extensions = take(0xa2);
  if (list === null || fields.length > 0) return null;
  const requests = readElements(list.content);
  if (requests === null || requests.length === 0 || requests.length > limits.ocspRequests) {
    return null;
  }
  const asked = requests.map(readRequest);
  const nonce = extensions === null ? null : readNonce(extensions.content);
  if (nonce === undefined || !asked.every((one) => one !== null)) return null;
  return { asked, nonce };
}

function readRequest({ tag, content }: Element): AskedCertificate | null {
  const [id, extensions, more] = tag === tags.sequence ? (readElements(content) ?? []) : [];
  if (id?.tag !== tags.sequence || more !== undefined) return null;
  if (extensions !== undefined) {
    const read = extensions.tag === 0xa0 ? readExtensions(extensions.content) : null;
    if (read === null || read.some(({ critical }) => critical)) return null;
  }
  const [algorithm, name, key, serial, extra] = readElements(id.content) ?? [];
  const hash = algorithm?.tag === tags.sequence ? readElements(algorithm.content)?.[0] : undefined;
  const hashAlgorithm = hash?.tag === tags.oid ? readOid(hash.content) : null;
  if (hashAlgorithm === null || extra !== undefined) return null;
  if (name?.tag !== tags.octetString || key?.tag !== tags.octetString) return null;
  // RFC 5280 §4.1.2.2: twenty octets at most, and a sign.
  if (serial?.tag !== tags.integer || serial.content.length > 21) return null;
  return {
    whole: id.whole,
    hashAlgorithm,
    issuerNameHash: name.content,
    issuerKeyHash: key.content,
    serial: serial.content,
  };
}

/** RFC 9654 §2.1: 1 to 128 octets. Undefined: malformed. */
function readNonce(der: Uint8Array): Uint8Array | null | undefined {
  const extensions = readExtensions(der);
  if (extensions === null) return undefined;
  if (new Set(extensions.map(({ oid }) => oid)).size !== extensions.length) return undefined;
  const nonce = extensions.find(({ oid }) => oid === nonceOid);
  if (extensions.some((one) => one.critical && one !== nonce)) return undefined;
  if (nonce === undefined) return null;
  const octets = readElement(nonce.value, tags.octetString)?.content.length ?? 0;
  return octets >= 1 && octets <= 128 ? nonce.value : undefined;
}

/**
 * The request in the path of a GET (RFC 6960 appendix A.1): base64, then percent-encoded. What is
 * no such thing becomes an empty request, which is answered as malformed.
 */
export function ocspRequestOfPath(path: string): Uint8Array {
  const nothing = new Uint8Array();
  if (path.length > 4 * limits.ocspRequestBytes || /%(?![0-9A-Fa-f]{2})/.test(path)) return nothing;
  // Only single octets of ASCII can be meant, so no decoding of UTF-8 that might throw.
  const base64 = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return nothing;
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

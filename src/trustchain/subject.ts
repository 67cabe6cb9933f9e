import type { Digest } from '../base/digest.ts';
import type { CertificateSubject, Requirements } from '../proofs/request.ts';
import { readTbs } from './certificate-reader.ts';
import { readInside, readOid, readTime } from './der-reader.ts';
import { tags } from './der-writer.ts';
import { oids } from './fields.ts';
import { addressText } from './names.ts';

/** What a request adds to what already stands in the certificate. */
export interface Requester {
  readonly requestId: string;
  /** Ed25519 public key of the node that owns plot and stake, 32 bytes. */
  readonly nodeId: Uint8Array;
  readonly requirements: Requirements | null;
}

export interface VotedSubject {
  readonly subject: CertificateSubject;
  /** First moment of the certificate's life, milliseconds since 1970. */
  readonly notBeforeMs: number;
}

/**
 * The subject that the quorum votes on, read back from TBS₀: names, key and end of life are those
 * of the certificate itself, so neither the CA nor the requester can have the cluster vote on one
 * name and certify another. Null when `tbs0` is no leaf of ours.
 */
export function votedSubject(
  tbs0: Uint8Array,
  tbsDigest: Digest,
  requester: Requester,
): VotedSubject | null {
  const tbs = readTbs(tbs0);
  if (tbs === null) return null;
  const extension = tbs.extensions.find((one) => one.oid === oids.subjectAltName);
  const names = extension === undefined ? null : readInside(extension.value, tags.sequence);
  const commonNames = readCommonName(tbs.subject);
  const notBeforeMs = readTime(tbs.notBefore);
  const notAfterMs = readTime(tbs.notAfter);
  if (names === null || commonNames === null) return null;
  if (notBeforeMs === null || notAfterMs === null) return null;
  const sanEntries: string[] = [];
  const ipv6Addresses: string[] = [];
  for (const { tag, content } of names) {
    if (tag === 0x82) sanEntries.push(Buffer.from(content).toString('latin1'));
    else if (tag !== 0x87 || (content.length !== 4 && content.length !== 16)) return null;
    else (content.length === 16 ? ipv6Addresses : sanEntries).push(addressText(content));
  }
  const commonName = commonNames[0] ?? sanEntries[0] ?? ipv6Addresses[0];
  if (commonName === undefined) return null;
  const subject = {
    ...requester,
    commonName,
    sanEntries,
    ipv6Addresses,
    publicKey: tbs.publicKey,
    tbsDigest,
    notAfterMs,
  };
  return { subject, notBeforeMs };
}

/** The common name a subject of ours consists of, or nothing; null for the subjects of others. */
function readCommonName(subject: Uint8Array): readonly string[] | null {
  const [relative, more] = readInside(subject, tags.sequence) ?? [null];
  if (relative === undefined) return [];
  const [attribute, another] =
    relative === null ? [] : (readInside(relative.whole, tags.set) ?? []);
  if (attribute === undefined || another !== undefined || more !== undefined) return null;
  const [type, value, extra] = readInside(attribute.whole, tags.sequence) ?? [];
  if (type?.tag !== tags.oid || readOid(type.content) !== oids.commonName) return null;
  if (value?.tag !== tags.utf8String || extra !== undefined) return null;
  return [Buffer.from(value.content).toString('utf8')];
}

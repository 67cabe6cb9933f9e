import { assert } from '../base/assert.ts';
import { concatBytes, fromHex } from '../base/bytes.ts';
import { type Digest, digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import { secondMs } from './ca-certificate.ts';
import { readExtensions } from './certificate-reader.ts';
import { readElement, readElements, readInside } from './der-reader.ts';
import {
  elementHeader,
  integer,
  lengthOf,
  namedBits,
  octetString,
  oid,
  sequence,
  tagged,
  taggedBytes,
  tags,
  time,
  unsignedInteger,
} from './der-writer.ts';
import {
  distributionPointsDer,
  extensionDer,
  extensionParts,
  generalNamesDer,
  infoAccessDer,
  keyIdentifier,
  nameDer,
  oids,
  signatureAlgorithm,
} from './fields.ts';
import type { Issuer } from './issuer.ts';
import { extendedUsages, type LeafProfile, leafKeyUsage } from './leaf-profile.ts';
import type { CertificateNames } from './names.ts';
import { crlUrl, issuerUrl, ocspUrl, type ServiceUrls, shardOf } from './service-urls.ts';

/** TBS₀: what the vote is on. */
export interface LeafDraft {
  /** Sixteen octets. */
  readonly serial: Uint8Array;
  readonly tbs0: Uint8Array;
  readonly tbsDigest: Digest;
  /** Milliseconds since 1970, whole seconds. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface LeafContent {
  readonly issuer: Issuer;
  readonly profile: LeafProfile;
  readonly serial: Uint8Array;
  readonly nowMs: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly names: CertificateNames;
  /** Null: the leaf says nothing of where to ask for its standing. */
  readonly urls: ServiceUrls | null;
}

/** The arc of PKCS #1 (RFC 8017 appendix A.1): RSA of any kind. */
const rsaArc = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01);

function isRsa(publicKey: Uint8Array): boolean {
  const algorithm = readInside(publicKey, tags.sequence)?.[0];
  const id = algorithm === undefined ? undefined : readElements(algorithm.content)?.[0];
  return id !== undefined && rsaArc.every((octet, i) => id.content[i] === octet);
}

/** The to-be-signed certificate (RFC 5280 §4.1) without the consensus extension. */
export function draftLeaf(leaf: LeafContent): LeafDraft {
  const { issuer, names, profile, nowMs, serial } = leaf;
  const notBeforeMs = Math.floor((nowMs - profile.backdateMs) / secondMs) * secondMs;
  const notAfterMs = Math.floor((nowMs + profile.lifetimeMs) / secondMs) * secondMs;
  const tbs0 = sequence(
    version3,
    unsignedInteger(serial),
    signatureAlgorithm(issuer.key.algorithm),
    issuer.certificate.name,
    sequence(time(notBeforeMs), time(notAfterMs)),
    nameDer(null, names.commonName),
    leaf.publicKey,
    tagged(3, sequence(...leafExtensions(leaf))),
  );
  const tbsDigest = tbs0Digest(issuer.key.keyHash, tbs0);
  return { serial, tbs0, tbsDigest, notBeforeMs, notAfterMs };
}

const version3 = tagged(0, integer(2));
/** Not even `cA FALSE`: DER leaves the default out. */
const noAuthority = extensionDer(oids.basicConstraints, sequence(), true);

function leafExtensions(leaf: LeafContent): Uint8Array[] {
  const { issuer, names, profile, publicKey, serial, urls } = leaf;
  const usage = leafKeyUsage(profile.usage, isRsa(publicKey));
  const purposes = extendedUsages[profile.usage];
  const alternative = generalNamesDer(names.dnsNames, names.ipAddresses);
  return [
    noAuthority,
    extensionDer(oids.keyUsage, namedBits(usage), true),
    extensionDer(oids.extendedKeyUsage, sequence(...purposes.map(oid))),
    // RFC 5280 §4.2.1.6: critical when it is the only name there is.
    extensionDer(oids.subjectAltName, alternative, names.commonName === null),
    extensionDer(oids.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    extensionDer(
      oids.authorityKeyIdentifier,
      sequence(taggedBytes(0, issuer.certificate.keyIdentifier)),
    ),
    ...(urls === null ? [] : placeExtensions(urls, serial)),
  ];
}

/** By shard. */
const knownPlaces = memo<Map<number, readonly Uint8Array[]>>();

/** Where to ask: the same for all serials of one list. */
function placeExtensions(urls: ServiceUrls, serial: Uint8Array): readonly Uint8Array[] {
  const shard = shardOf(serial, urls.crlShards);
  const known = knownPlaces.get(urls) ?? new Map<number, readonly Uint8Array[]>();
  knownPlaces.set(urls, known);
  const places = known.get(shard) ?? placesOf(urls, shard);
  known.set(shard, places);
  return places;
}

/** Authority information access (§4.2.2.1), the list of this shard (§4.2.1.13). */
function placesOf(urls: ServiceUrls, shard: number): readonly Uint8Array[] {
  const list = crlUrl(urls, shard);
  return [
    extensionDer(
      oids.authorityInfoAccess,
      infoAccessDer([oids.accessOcsp, ocspUrl(urls)], [oids.accessIssuers, issuerUrl(urls)]),
    ),
    extensionDer(oids.crlDistributionPoints, distributionPointsDer(list)),
  ];
}

/** DESIGN §7: SHA-256(domain ‖ issuer key hash ‖ DER(TBS₀)). */
export function tbs0Digest(issuerKeyHash: Digest, tbs0: Uint8Array): Digest {
  const known = tbs0Digests.get(tbs0);
  if (known?.issuerKeyHash === issuerKeyHash) return known.tbsDigest;
  const hash = fromHex(issuerKeyHash);
  assert(hash !== null && hash.length === 32, 'an issuer key hash is 64 hex');
  const tbsDigest = digest('hypermesh/tbs', concatBytes(hash, tbs0));
  tbs0Digests.set(tbs0, { issuerKeyHash, tbsDigest });
  return tbsDigest;
}

/** Asked for with the draft, with the answer, and when the answer is compared. */
const tbs0Digests = memo<{ readonly issuerKeyHash: Digest; readonly tbsDigest: Digest }>();

/** One more extension behind those a to-be-signed certificate of ours has. */
export function appendExtension(
  tbs: Uint8Array,
  oid: string,
  value: Uint8Array,
  critical = false,
): Uint8Array {
  return appendParts(tbs, extensionParts(oid, critical, [value]));
}

/**
 * TBS₀ and the consensus extension behind it: what is signed in the end. `value`: parts that follow
 * each other.
 */
export function bindConsensus(
  tbs0: Uint8Array,
  oid: string,
  ...value: readonly Uint8Array[]
): Uint8Array {
  return appendParts(tbs0, extensionParts(oid, false, value));
}

/** An extension that comes in parts. What is kilobytes by now is copied once, not at each level. */
function appendParts(tbs: Uint8Array, added: readonly Uint8Array[]): Uint8Array {
  const fields = readInside(tbs, tags.sequence) ?? [];
  const list = readElement(fields.at(-1)?.content ?? new Uint8Array(), tags.sequence);
  assert(list !== null, 'a to-be-signed certificate of ours ends in its extensions');
  const length = list.content.length + lengthOf(added);
  const inner = elementHeader(tags.sequence, length);
  const outer = elementHeader(0xa3, inner.length + length);
  const before = fields.slice(0, -1).map(({ whole }) => whole);
  return sequence(...before, outer, inner, list.content, ...added);
}

/**
 * A to-be-signed certificate without the extensions of these kinds; all other bytes stay as they
 * are. Null when `tbs` is no TBSCertificate with extensions in DER.
 */
export function dropExtensions(tbs: Uint8Array, dropped: readonly string[]): Uint8Array | null {
  const fields = readInside(tbs, tags.sequence);
  const wrapped = fields?.at(-1);
  if (fields === null || wrapped === undefined || wrapped.tag !== 0xa3) return null;
  const elements = readInside(wrapped.content, tags.sequence);
  const extensions = readExtensions(wrapped.content);
  if (elements === null || extensions === null) return null;
  const kept = elements.filter((_, i) => !dropped.includes(extensions[i]?.oid ?? ''));
  const before = fields.slice(0, -1).map(({ whole }) => whole);
  return sequence(...before, tagged(3, sequence(...kept.map(({ whole }) => whole))));
}

/**
 * DER(TBS₀) of a to-be-signed certificate, as RFC 6962 §3.2 does it for precertificates: drop the
 * extensions that came after the vote, and encode again. Null when `tbs` is not DER.
 */
export function stripToTbs0(tbs: Uint8Array, oid: string): Uint8Array | null {
  // RFC 6962 §3.1 and §3.3: no vote can cover what comes after it.
  return dropExtensions(tbs, [oid, oids.precertificatePoison, oids.signedTimestamps]);
}

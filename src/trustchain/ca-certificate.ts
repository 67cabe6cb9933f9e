import { Certificate } from '@peculiar/asn1-x509';
import { equalBytes } from '../base/bytes.ts';
import { readSigned, readTbs } from './certificate-reader.ts';
import { parseDer } from './der.ts';
import { readInside, readTime } from './der-reader.ts';
import {
  derTrue,
  integer,
  namedBits,
  octetString,
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
  infoAccessDer,
  keyIdentifier,
  nameDer,
  oids,
  signatureAlgorithm,
} from './fields.ts';
import {
  importPublicKey,
  type KeyAlgorithm,
  keyAlgorithmOf,
  type SigningKey,
  verifySignature,
} from './keys.ts';
import { decodeConstraints, encodeConstraints, type NameConstraints } from './name-constraints.ts';
import { rootCrlUrl, rootUrl, type ServiceUrls } from './service-urls.ts';

/** What this room needs to know of a CA certificate: of the root, or of the intermediate. */
export interface CaCertificate {
  readonly der: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly algorithm: KeyAlgorithm;
  /** Name, DER: issuers are compared byte by byte. */
  readonly name: Uint8Array;
  readonly keyIdentifier: Uint8Array;
  /** Milliseconds since 1970, whole seconds. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** How many CAs may stand below it; null: any number. */
  readonly pathLength: number | null;
  /** Null: it may certify any name. */
  readonly constraints: NameConstraints | null;
  /** CRLDistributionPoints, DER: where it is listed once it is taken back; null: nowhere. */
  readonly distributionPoints: Uint8Array | null;
}

/** KeyUsage (RFC 5280 §4.2.1.3), by bit. */
export const keyUsages = {
  digitalSignature: 1 << 0,
  keyEncipherment: 1 << 2,
  keyCertSign: 1 << 5,
  cRLSign: 1 << 6,
} as const;

/** Certificates, lists, and OCSP answers, which this authority signs with the same key. */
const caUsage = keyUsages.keyCertSign | keyUsages.cRLSign | keyUsages.digitalSignature;

/** RFC 5280 times have whole seconds. */
export const secondMs = 1000;

/** TBSCertificate of a CA, below `issuer`; self-signed when that is null. */
export function draftCa(options: {
  readonly key: SigningKey;
  readonly commonName: string;
  readonly serial: Uint8Array;
  readonly issuer: { readonly key: SigningKey; readonly certificate: CaCertificate } | null;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly pathLength: number;
  readonly constraints: NameConstraints | null;
  /** Where the issuer and its list are found; null: it does not say. */
  readonly urls: Pick<ServiceUrls, 'base'> | null;
}): Uint8Array {
  const { key, issuer, constraints, urls } = options;
  const name = nameDer('HyperMesh', options.commonName);
  const identifier = keyIdentifier(key.publicKey);
  const authority = issuer?.certificate.keyIdentifier ?? identifier;
  const basic = sequence(derTrue, integer(options.pathLength));
  const limited = constraints === null ? [] : [encodeConstraints(constraints)];
  return sequence(
    tagged(0, integer(2)),
    unsignedInteger(options.serial),
    signatureAlgorithm((issuer?.key ?? key).algorithm),
    issuer?.certificate.name ?? name,
    sequence(time(options.notBeforeMs), time(options.notAfterMs)),
    name,
    key.publicKey,
    tagged(
      3,
      sequence(
        extensionDer(oids.basicConstraints, basic, true),
        extensionDer(oids.keyUsage, namedBits(caUsage), true),
        ...limited.map((value) => extensionDer(oids.nameConstraints, value, true)),
        extensionDer(oids.subjectKeyIdentifier, octetString(identifier)),
        extensionDer(oids.authorityKeyIdentifier, sequence(taggedBytes(0, authority))),
        ...(urls === null ? [] : placeExtensions(urls)),
      ),
    ),
  );
}

function placeExtensions(urls: Pick<ServiceUrls, 'base'>): Uint8Array[] {
  return [
    extensionDer(oids.authorityInfoAccess, infoAccessDer([oids.accessIssuers, rootUrl(urls)])),
    extensionDer(oids.crlDistributionPoints, distributionPointsDer(rootCrlUrl(urls))),
  ];
}

/**
 * Reads a CA certificate that `issuer` signed, or that signed itself where `issuer` is null. Null
 * for anything else: other bytes than DER, no CA, another algorithm, a signature that fails.
 */
export function readCaCertificate(
  der: Uint8Array,
  issuer: CaCertificate | null,
): CaCertificate | null {
  const signed = readSigned(der);
  const tbs = signed === null ? null : readTbs(signed.toBeSigned);
  // The library's second opinion on the encoding of every part we do not look at.
  if (signed === null || tbs === null || parseDer(Certificate, der) === null) return null;
  const key = importPublicKey(tbs.publicKey);
  const algorithm = key === null ? null : keyAlgorithmOf(key);
  const notBeforeMs = readTime(tbs.notBefore);
  const notAfterMs = readTime(tbs.notAfter);
  if (algorithm === null || notBeforeMs === null || notAfterMs === null) return null;
  const extensionValue = (oid: string) => tbs.extensions.find((one) => one.oid === oid)?.value;
  const basic = readInside(
    extensionValue(oids.basicConstraints) ?? new Uint8Array(),
    tags.sequence,
  );
  if (basic?.[0]?.tag !== tags.boolean || basic[0].content[0] !== 0xff) return null;
  const limited = extensionValue(oids.nameConstraints);
  const constraints = limited === undefined ? null : decodeConstraints(limited);
  if (limited !== undefined && constraints === null) return null;
  const certificate: CaCertificate = {
    der,
    publicKey: tbs.publicKey,
    algorithm,
    name: tbs.subject,
    keyIdentifier: keyIdentifier(tbs.publicKey),
    notBeforeMs,
    notAfterMs,
    pathLength: basic[1]?.content[0] ?? null,
    constraints,
    distributionPoints: extensionValue(oids.crlDistributionPoints) ?? null,
  };
  const by = issuer ?? certificate;
  return equalBytes(tbs.issuer, by.name) && isSignedBy(der, by) ? certificate : null;
}

/**
 * Whether a certificate or list bears the signature of this CA. RFC 5280 §4.1.1.2: the algorithm
 * stands outside and, signed, inside. The outer one is under no signature, so nothing else would
 * notice a change.
 */
export function isSignedBy(
  der: Uint8Array,
  by: { readonly publicKey: Uint8Array; readonly algorithm: KeyAlgorithm },
): boolean {
  const signed = readSigned(der);
  const tbs = signed === null ? null : readTbs(signed.toBeSigned);
  if (signed === null || tbs === null) return false;
  const expected = signatureAlgorithm(by.algorithm);
  if (!equalBytes(signed.algorithm, expected) || !equalBytes(tbs.algorithm, expected)) return false;
  return verifySignature(by.publicKey, signed.toBeSigned, signed.signature);
}

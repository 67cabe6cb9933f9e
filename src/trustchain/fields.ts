import { assert } from '../base/assert.ts';
import { concatBytes, utf8 } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import { readElement, readElements } from './der-reader.ts';
import {
  derTrue,
  element,
  elementHeader,
  lengthOf,
  oid,
  sequence,
  tagged,
  taggedBytes,
  tags,
  utf8String,
} from './der-writer.ts';
import type { KeyAlgorithm } from './keys.ts';
import { addressBytes } from './names.ts';

/** Object identifiers of this room (RFC 5280 §4.2, §5.2; RFC 6960; RFC 6962 §3). */
export const oids = {
  commonName: '2.5.4.3',
  organisation: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  accessOcsp: '1.3.6.1.5.5.7.48.1',
  accessIssuers: '1.3.6.1.5.5.7.48.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  precertificatePoison: '1.3.6.1.4.1.11129.2.4.3',
  signedTimestamps: '1.3.6.1.4.1.11129.2.4.2',
} as const;

const algorithms: Readonly<Record<KeyAlgorithm, Uint8Array>> = {
  p256: sequence(oid('1.2.840.10045.4.3.2')),
  ed25519: sequence(oid('1.3.101.112')),
};

/** AlgorithmIdentifier of what a key signs with: RFC 5758 §3.2, RFC 8410 §3; no parameters. */
export function signatureAlgorithm(algorithm: KeyAlgorithm): Uint8Array {
  return algorithms[algorithm];
}

function relativeName(type: string, text: string): Uint8Array {
  return element(tags.set, sequence(oid(type), utf8String(text)));
}

/** A Name in DER: organisation and common name, each where it is there. */
export function nameDer(organisation: string | null, commonName: string | null): Uint8Array {
  return sequence(
    ...(organisation === null ? [] : [relativeName(oids.organisation, organisation)]),
    ...(commonName === null ? [] : [relativeName(oids.commonName, commonName)]),
  );
}

/** GeneralNames in DER (RFC 5280 §4.2.1.6): `[2] IA5String` and `[7] OCTET STRING`. */
export function generalNamesDer(
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
): Uint8Array {
  return sequence(
    ...dnsNames.map((name) => taggedBytes(2, utf8(name))),
    ...ipAddresses.map((address) => {
      const bytes = addressBytes(address);
      assert(bytes !== null, `${address} was checked before`);
      return taggedBytes(7, bytes);
    }),
  );
}

/** An Extension in DER (RFC 5280 §4.1); `critical` is left out where it is the default. */
export function extensionDer(extnID: string, value: Uint8Array, critical = false): Uint8Array {
  return concatBytes(...extensionParts(extnID, critical, [value]));
}

/** The same as parts that follow each other, of a value that is. */
export function extensionParts(
  extnID: string,
  critical: boolean,
  value: readonly Uint8Array[],
): readonly Uint8Array[] {
  const before = critical ? [oid(extnID), derTrue] : [oid(extnID)];
  const content = [...before, elementHeader(tags.octetString, lengthOf(value)), ...value];
  return [elementHeader(tags.sequence, lengthOf(content)), ...content];
}

/** A DistributionPointName with one address: `[0] fullName` of `[6] URI`. */
export function distributionPointName(url: string): Uint8Array {
  return tagged(0, tagged(0, taggedBytes(6, utf8(url))));
}

/** CRLDistributionPoints of one list (§4.2.1.13). */
export function distributionPointsDer(url: string): Uint8Array {
  return sequence(sequence(distributionPointName(url)));
}

/** AuthorityInfoAccess (§4.2.2.1): addresses by what is found there, in order. */
export function infoAccessDer(...places: readonly (readonly [method: string, url: string])[]) {
  return sequence(
    ...places.map(([method, url]) => sequence(oid(method), taggedBytes(6, utf8(url)))),
  );
}

/** RFC 7093 §2 method 1: the leftmost 160 bits of SHA-256 over the public key's bits. */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  return sha256(publicKeyBits(spki)).subarray(0, 20);
}

/** The bits of a SubjectPublicKeyInfo's key, as octets. */
export function publicKeyBits(spki: Uint8Array): Uint8Array {
  const outer = readElement(spki, tags.sequence);
  const bits = outer === null ? null : readElements(outer.content)?.[1];
  assert(bits?.tag === tags.bitString, 'a SubjectPublicKeyInfo ends in a bit string');
  return bits.content.subarray(1);
}

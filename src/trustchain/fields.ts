import { ecdsaWithSHA256 } from '@peculiar/asn1-ecc';
import { OctetString } from '@peculiar/asn1-schema';
import {
  type AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  GeneralName,
  Name,
  RelativeDistinguishedName,
  type SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import { sha256 } from '../base/digest.ts';
import { toDer } from './der.ts';

/** RFC 5758 §3.2: ecdsa-with-SHA256, without parameters. */
export function ecdsaWithSha256(): AlgorithmIdentifier {
  return ecdsaWithSHA256;
}

function relativeName(type: string, text: string): RelativeDistinguishedName {
  const value = new AttributeValue({ utf8String: text });
  return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })]);
}

/** A subject with a common name, or the empty one. */
export function subjectName(commonName: string | null): Name {
  return new Name(commonName === null ? [] : [relativeName('2.5.4.3', commonName)]);
}

/** An authority's name: organisation and common name. */
export function authorityName(organisation: string, commonName: string): Name {
  return new Name([relativeName('2.5.4.10', organisation), relativeName('2.5.4.3', commonName)]);
}

export function generalNames(
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
): GeneralName[] {
  return [
    ...dnsNames.map((dNSName) => new GeneralName({ dNSName })),
    ...ipAddresses.map((iPAddress) => new GeneralName({ iPAddress })),
  ];
}

export function extension(extnID: string, value: object | Uint8Array, critical = false): Extension {
  const der = value instanceof Uint8Array ? value : toDer(value);
  return new Extension({ extnID, critical, extnValue: new OctetString(der) });
}

/** RFC 7093 §2 method 1: the leftmost 160 bits of SHA-256 over the public key's bits. */
export function keyIdentifier(info: SubjectPublicKeyInfo): Uint8Array {
  return sha256(new Uint8Array(info.subjectPublicKey)).subarray(0, 20);
}

import { X509Certificate } from 'node:crypto';
import { Certificate, id_ce_subjectAltName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import { assert } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import { parseDer, toDer } from '../der.ts';
import { canonicalAddress } from '../names.ts';

/** What a certificate says that DNS can say too. */
export interface CertifiedHost {
  /** Lower case; a wildcard begins with `*.`. */
  readonly dnsNames: readonly string[];
  /** The addresses that stand beside the names, in their one spelling. */
  readonly addresses: readonly string[];
  /** TLSA 3 1 1 (RFC 6698 §2.1): SHA-256 of the SubjectPublicKeyInfo. */
  readonly keyDigest: Uint8Array;
}

/** Reads the first certificate of a PEM text of this authority's own. */
export function certifiedHost(pem: string): CertifiedHost {
  const parsed = parseDer(Certificate, new Uint8Array(new X509Certificate(pem).raw));
  assert(parsed !== null, 'the store holds certificates of ours');
  const { extensions, subjectPublicKeyInfo } = parsed.tbsCertificate;
  const found = extensions?.find(({ extnID }) => extnID === id_ce_subjectAltName);
  const names =
    found === undefined
      ? []
      : (parseDer(SubjectAlternativeName, new Uint8Array(found.extnValue.buffer)) ?? []);
  const dnsNames: string[] = [];
  const addresses: string[] = [];
  for (const { dNSName, iPAddress } of names) {
    if (dNSName !== undefined) dnsNames.push(dNSName.toLowerCase());
    const address = iPAddress === undefined ? null : canonicalAddress(iPAddress);
    if (address !== null) addresses.push(address);
  }
  return { dnsNames, addresses, keyDigest: sha256(toDer(subjectPublicKeyInfo)) };
}

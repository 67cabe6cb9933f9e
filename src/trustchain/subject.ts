import { isIPv6 } from 'node:net';
import { id_ce_subjectAltName, SubjectAlternativeName, TBSCertificate } from '@peculiar/asn1-x509';
import type { Digest } from '../base/digest.ts';
import type { CertificateSubject, Requirements } from '../proofs/request.ts';
import { parseDer, toDer } from './der.ts';
import { canonicalAddress } from './names.ts';

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
  const tbs = parseDer(TBSCertificate, tbs0);
  if (tbs === null) return null;
  const extension = tbs.extensions?.find(({ extnID }) => extnID === id_ce_subjectAltName);
  if (extension === undefined) return null;
  const names = parseDer(SubjectAlternativeName, new Uint8Array(extension.extnValue.buffer));
  if (names === null) return null;
  const sanEntries: string[] = [];
  const ipv6Addresses: string[] = [];
  for (const { dNSName, iPAddress } of names) {
    const address = iPAddress === undefined ? null : canonicalAddress(iPAddress);
    if (dNSName !== undefined) sanEntries.push(dNSName);
    else if (address === null) return null;
    else if (isIPv6(address)) ipv6Addresses.push(address);
    else sanEntries.push(address);
  }
  const commonName = tbs.subject[0]?.[0]?.value.toString() ?? sanEntries[0] ?? ipv6Addresses[0];
  if (commonName === undefined) return null;
  const { notBefore, notAfter } = tbs.validity;
  const subject = {
    ...requester,
    commonName,
    sanEntries,
    ipv6Addresses,
    publicKey: toDer(tbs.subjectPublicKeyInfo),
    tbsDigest,
    notAfterMs: notAfter.getTime().getTime(),
  };
  return { subject, notBeforeMs: notBefore.getTime().getTime() };
}

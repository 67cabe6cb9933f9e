import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { assert } from '../base/assert.ts';
import { concatBytes, fromHex } from '../base/bytes.ts';
import { type Digest, digest } from '../base/digest.ts';
import { parseDer, toBuffer, toDer } from './der.ts';
import { ecdsaWithSha256, extension, generalNames, keyIdentifier, subjectName } from './fields.ts';
import { type Issuer, secondMs } from './issuer.ts';
import type { CertificateNames } from './names.ts';

/** How leaves are cut. */
export interface LeafProfile {
  /** From now; by default a day. */
  readonly lifetimeMs: number;
  /** Clocks of relying parties may be behind. */
  readonly backdateMs: number;
}

export const leafProfile: LeafProfile = {
  lifetimeMs: 24 * 60 * 60 * 1000,
  backdateMs: 60 * 60 * 1000,
};

/** RFC 6962 §3.1 and §3.3: extensions that no vote can cover, because they come after it. */
const poison = '1.3.6.1.4.1.11129.2.4.3';
const sctList = '1.3.6.1.4.1.11129.2.4.2';

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

/** The to-be-signed certificate (RFC 5280 §4.1) without the consensus extension. */
export function draftLeaf(options: {
  readonly issuer: Issuer;
  readonly profile: LeafProfile;
  readonly serial: Uint8Array;
  readonly nowMs: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly names: CertificateNames;
}): LeafDraft {
  const { issuer, names, profile, nowMs, serial } = options;
  const info = AsnConvert.parse(options.publicKey, SubjectPublicKeyInfo);
  const notBeforeMs = Math.floor((nowMs - profile.backdateMs) / secondMs) * secondMs;
  const notAfterMs = Math.floor((nowMs + profile.lifetimeMs) / secondMs) * secondMs;
  const isRsa = info.algorithm.algorithm.startsWith('1.2.840.113549.1.1.');
  const usage = KeyUsageFlags.digitalSignature | (isRsa ? KeyUsageFlags.keyEncipherment : 0);
  const alternative = new SubjectAlternativeName(generalNames(names.dnsNames, names.ipAddresses));
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: toBuffer(serial),
    signature: ecdsaWithSha256(),
    issuer: issuer.name,
    validity: new Validity({ notBefore: new Date(notBeforeMs), notAfter: new Date(notAfterMs) }),
    subject: subjectName(names.commonName),
    subjectPublicKeyInfo: info,
    extensions: new Extensions([
      extension(id_ce_basicConstraints, new BasicConstraints(), true),
      extension(id_ce_keyUsage, new KeyUsage(usage), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth])),
      // RFC 5280 §4.2.1.6: critical when it is the only name there is.
      extension(id_ce_subjectAltName, alternative, names.commonName === null),
      extension(
        id_ce_subjectKeyIdentifier,
        new SubjectKeyIdentifier(toBuffer(keyIdentifier(info))),
      ),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({
          keyIdentifier: new KeyIdentifier(toBuffer(issuer.keyIdentifier)),
        }),
      ),
    ]),
  });
  const tbs0 = toDer(tbs);
  const tbsDigest = tbs0Digest(issuer.key.keyHash, tbs0);
  return { serial, tbs0, tbsDigest, notBeforeMs, notAfterMs };
}

/** DESIGN §7: SHA-256(domain ‖ issuer key hash ‖ DER(TBS₀)). */
export function tbs0Digest(issuerKeyHash: Digest, tbs0: Uint8Array): Digest {
  const hash = fromHex(issuerKeyHash);
  assert(hash !== null && hash.length === 32, 'an issuer key hash is 64 hex');
  return digest('hypermesh/tbs', concatBytes(hash, tbs0));
}

/** TBS₀ and the consensus extension behind it: what is signed in the end. */
export function bindConsensus(tbs0: Uint8Array, oid: string, value: Uint8Array): Uint8Array {
  const tbs = AsnConvert.parse(tbs0, TBSCertificate);
  tbs.extensions = new Extensions([...(tbs.extensions ?? []), extension(oid, value)]);
  return toDer(tbs);
}

/**
 * DER(TBS₀) of a to-be-signed certificate, as RFC 6962 §3.2 does it for precertificates: drop the
 * extensions that came after the vote and encode again. Null when `tbs` is not DER.
 */
export function stripToTbs0(tbs: Uint8Array, oid: string): Uint8Array | null {
  const parsed = parseDer(TBSCertificate, tbs);
  if (parsed === null) return null;
  const kept = (parsed.extensions ?? []).filter(
    ({ extnID }) => extnID !== oid && extnID !== poison && extnID !== sctList,
  );
  parsed.extensions = new Extensions(kept);
  return toDer(parsed);
}

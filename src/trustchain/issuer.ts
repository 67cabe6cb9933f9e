import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  type Name,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { parseDer, toBuffer, toDer } from './der.ts';
import { authorityName, ecdsaWithSha256, extension, keyIdentifier } from './fields.ts';
import { type ByteSource, type SigningKey, verifyEcdsa } from './keys.ts';
import { limits } from './limits.ts';
import { fromCanonicalPem, toPem } from './pem.ts';
import { signedSequence } from './signed.ts';

/** Who signs leaves: a key and the CA certificate over it. */
export interface Issuer {
  readonly key: SigningKey;
  readonly certificate: Uint8Array;
  /** What `ca.pem` holds. */
  readonly pem: string;
  readonly name: Name;
  readonly keyIdentifier: Uint8Array;
}

const dayMs = 24 * 60 * 60 * 1000;
/** RFC 5280 times have whole seconds. */
export const secondMs = 1000;

/** 128 bits of chance, positive and always sixteen octets, so that file names are of one length. */
export function randomSerial(chance: ByteSource): Uint8Array {
  for (;;) {
    const serial = chance(limits.serialBytes);
    assert(serial.length === limits.serialBytes, 'the source of chance gave too little');
    // The sign bit would cost a seventeenth octet, a leading zero would lose one.
    const positive = Uint8Array.from(serial, (byte, i) => (i === 0 ? byte & 0x7f : byte));
    if (positive[0] !== 0) return positive;
  }
}

/** A self-signed root (RFC 5280 §4.2.1.9: the issuer of all leaves, so no CA stands below it). */
export function makeRoot(options: {
  readonly key: SigningKey;
  readonly nowMs: number;
  readonly chance: ByteSource;
  readonly lifetimeDays?: number;
}): Issuer {
  const { key } = options;
  const info = AsnConvert.parse(key.publicKey, SubjectPublicKeyInfo);
  // Part of the key's hash in the name: two roots of two runs never look alike to a trust store.
  const name = authorityName('HyperMesh', `TrustChain Root ${key.keyHash.slice(0, 8)}`);
  const start = options.nowMs - dayMs;
  const identifier = keyIdentifier(info);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: toBuffer(randomSerial(options.chance)),
    signature: ecdsaWithSha256(),
    issuer: name,
    validity: new Validity({
      notBefore: new Date(Math.floor(start / secondMs) * secondMs),
      notAfter: new Date(
        Math.floor((options.nowMs + (options.lifetimeDays ?? 3650) * dayMs) / secondMs) * secondMs,
      ),
    }),
    subject: name,
    subjectPublicKeyInfo: info,
    extensions: new Extensions([
      extension(
        id_ce_basicConstraints,
        new BasicConstraints({ cA: true, pathLenConstraint: 0 }),
        true,
      ),
      extension(
        id_ce_keyUsage,
        new KeyUsage(
          KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature,
        ),
        true,
      ),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(toBuffer(identifier))),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(toBuffer(identifier)) }),
      ),
    ]),
  });
  const certificate = signCertificate(toDer(tbs), key);
  return {
    key,
    certificate,
    pem: toPem('CERTIFICATE', certificate),
    name,
    keyIdentifier: identifier,
  };
}

/** The issuer of a stored `ca.pem` and its key; null when the two do not belong together. */
export function loadIssuer(key: SigningKey, pem: string): Issuer | null {
  const ca = readCaCertificate(pem);
  if (ca === null || !equalBytes(ca.publicKey, key.publicKey)) return null;
  return { key, certificate: ca.der, pem, name: ca.name, keyIdentifier: ca.keyIdentifier };
}

export interface CaCertificate {
  readonly der: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly name: Name;
  readonly keyIdentifier: Uint8Array;
}

/** A self-signed CA certificate in canonical PEM; null for anything else. */
export function readCaCertificate(pem: string): CaCertificate | null {
  const der = fromCanonicalPem('CERTIFICATE', pem);
  const parsed = der === null ? null : parseDer(Certificate, der);
  if (der === null || parsed === null || parsed.tbsCertificateRaw === undefined) return null;
  const { tbsCertificate: tbs } = parsed;
  const publicKey = toDer(tbs.subjectPublicKeyInfo);
  const constraints = tbs.extensions?.find(({ extnID }) => extnID === id_ce_basicConstraints);
  const basic =
    constraints === undefined
      ? null
      : parseDer(BasicConstraints, new Uint8Array(constraints.extnValue.buffer));
  if (basic === null || !basic.cA) return null;
  if (!equalBytes(toDer(tbs.issuer), toDer(tbs.subject))) return null;
  const signature = new Uint8Array(parsed.signatureValue);
  if (!isEcdsaSigned(parsed)) return null;
  if (!verifyEcdsa(publicKey, new Uint8Array(parsed.tbsCertificateRaw), signature)) return null;
  const identifier = keyIdentifier(tbs.subjectPublicKeyInfo);
  return { der, publicKey, name: tbs.subject, keyIdentifier: identifier };
}

/**
 * RFC 5280 §4.1.1.2: the algorithm stands outside and, signed, inside; here without parameters. The
 * outer one is under no signature, so nothing else would notice a change.
 */
export function isEcdsaSigned({ signatureAlgorithm, tbsCertificate }: Certificate): boolean {
  const expected = toDer(ecdsaWithSha256());
  return [signatureAlgorithm, tbsCertificate.signature].every((found) =>
    equalBytes(toDer(found), expected),
  );
}

/** DER of the certificate over a to-be-signed part: one call, one signature. */
export function signCertificate(tbs: Uint8Array, key: SigningKey): Uint8Array {
  return signedSequence(tbs, key.sign(tbs));
}

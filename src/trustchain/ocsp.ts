import { createHash } from 'node:crypto';
import { equalBytes, toHex } from '../base/bytes.ts';
import { secondMs } from './ca-certificate.ts';
import {
  element,
  enumerated,
  generalizedTime,
  octetString,
  oid,
  sequence,
  sequenceOf,
  tagged,
} from './der-writer.ts';
import { extensionDer, publicKeyBits } from './fields.ts';
import type { Issuer } from './issuer.ts';
import { limits } from './limits.ts';
import { type AskedCertificate, nonceOid, readOcspRequest } from './ocsp-request.ts';
import { type Revocation, revocationReasons } from './revocation.ts';
import { signedSequence } from './signed.ts';

/** An answer a relying party may keep for so long. */
export const ocspLifetimeMs = 60 * 60 * 1000;

/** `unknown`: this authority issued no such certificate, or forgot it after its end. */
export type Standing = 'good' | 'unknown' | Revocation;

/** OCSPResponseStatus (RFC 6960 §4.2.1), those this responder uses. */
const statuses = { successful: 0, malformedRequest: 1, unauthorized: 6 } as const;
const basicResponse = '1.3.6.1.5.5.7.48.1.1';

/** Hashes a CertID may be made with; the first is what clients use for want of anything to gain. */
const hashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * Answers OCSP (RFC 6960) for the leaves of one issuer: request bytes in, response bytes out, for
 * any bytes. Signed by the intermediate itself: its key is at hand in the same process, so that a
 * delegated responder would be one more key to steal and one more certificate to check.
 */
export class OcspResponder {
  private readonly issuer: Issuer;
  /** `[1] Name`: GnuTLS looks a key hash up among key identifiers, which need not be SHA-1. */
  private readonly responderId: Uint8Array;
  private readonly standingOf: (serial: string) => Standing;
  private readonly names = new Map<string, { name: Uint8Array; key: Uint8Array }>();

  constructor(issuer: Issuer, standingOf: (serial: string) => Standing) {
    this.issuer = issuer;
    this.standingOf = standingOf;
    const { name, publicKey } = issuer.certificate;
    const key = publicKeyBits(publicKey);
    for (const [algorithm, hash] of Object.entries(hashes)) {
      const of = (bytes: Uint8Array) => new Uint8Array(createHash(hash).update(bytes).digest());
      this.names.set(algorithm, { name: of(name), key: of(key) });
    }
    this.responderId = tagged(1, name);
  }

  /** `nowMs`: milliseconds since 1970. */
  answer(request: Uint8Array, nowMs: number): Uint8Array {
    const read = readOcspRequest(request);
    if (read === null) return failure(statuses.malformedRequest);
    // RFC 5019 §2.2.3: not our certificates, hence not ours to speak of.
    if (!read.asked.some((asked) => this.isOurs(asked))) return failure(statuses.unauthorized);
    const now = Math.floor(nowMs / secondMs) * secondMs;
    const responses = read.asked.map((asked) => this.single(asked, now));
    const nonce = read.nonce === null ? [] : [extensionDer(nonceOid, read.nonce)];
    const data = sequence(
      this.responderId,
      generalizedTime(now),
      sequenceOf(responses),
      ...(nonce.length === 0 ? [] : [tagged(1, sequence(...nonce))]),
    );
    const { key } = this.issuer;
    const basic = signedSequence(data, key.algorithm, key.sign(data));
    const bytes = sequence(oid(basicResponse), octetString(basic));
    return sequence(enumerated(statuses.successful), tagged(0, bytes));
  }

  private isOurs({ hashAlgorithm, issuerNameHash, issuerKeyHash }: AskedCertificate): boolean {
    const names = this.names.get(hashAlgorithm);
    if (names === undefined) return false;
    return equalBytes(names.name, issuerNameHash) && equalBytes(names.key, issuerKeyHash);
  }

  private single(asked: AskedCertificate, now: number): Uint8Array {
    const serial = this.isOurs(asked) ? serialText(asked.serial) : null;
    const standing = serial === null ? 'unknown' : this.standingOf(serial);
    return sequence(
      asked.whole,
      certificateStatus(standing),
      generalizedTime(now),
      tagged(0, generalizedTime(now + ocspLifetimeMs)),
    );
  }
}

/** The 32 digits of a serial of ours; null for what we never gave to anybody. */
function serialText(content: Uint8Array): string | null {
  return content.length === limits.serialBytes ? toHex(content) : null;
}

/** CertStatus ::= CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL }. */
function certificateStatus(standing: Standing): Uint8Array {
  if (standing === 'good') return element(0x80);
  if (standing === 'unknown') return element(0x82);
  const code = revocationReasons[standing.reason];
  return tagged(
    1,
    generalizedTime(standing.revokedAtMs),
    // As in lists: unspecified is said by saying nothing.
    ...(code === revocationReasons.unspecified ? [] : [tagged(0, enumerated(code))]),
  );
}

/** RFC 6960 §2.3: what is wrong with the question, under no signature. */
function failure(status: number): Uint8Array {
  return sequence(enumerated(status));
}

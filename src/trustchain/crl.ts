import { assert } from '../base/assert.ts';
import { equalBytes, fromHex } from '../base/bytes.ts';
import { type CaCertificate, secondMs } from './ca-certificate.ts';
import { readSigned } from './certificate-reader.ts';
import { readInside, readTime } from './der-reader.ts';
import {
  enumerated,
  integer,
  sequence,
  sequenceOf,
  tagged,
  taggedBytes,
  tags,
  time,
  unsignedInteger,
} from './der-writer.ts';
import { distributionPointName, extensionDer, oids, signatureAlgorithm } from './fields.ts';
import type { Issuer } from './issuer.ts';
import { verifySignature } from './keys.ts';
import { type Revocation, revocationReasons } from './revocation.ts';
import { signedSequence } from './signed.ts';

/** A list a relying party may keep for so long; a new one is signed at half of it. */
export const crlLifetimeMs = 60 * 60 * 1000;
/** That of the root, whose key may be far away: CA/B BR §4.9.7 allows twelve months. */
export const rootCrlLifetimeMs = 365 * 24 * 60 * 60 * 1000;

/** An entry never changes, and stands in list after list. */
const entries = new WeakMap<Revocation, Uint8Array>();

function entryOf(revocation: Revocation): Uint8Array {
  const known = entries.get(revocation);
  if (known !== undefined) return known;
  const serial = fromHex(revocation.serial);
  assert(serial !== null, 'serials are hex');
  const code = revocationReasons[revocation.reason];
  const reason = extensionDer(oids.reasonCode, enumerated(code));
  const encoded = sequence(
    unsignedInteger(serial),
    time(revocation.revokedAtMs),
    // RFC 5280 §5.3.1: unspecified is said by saying nothing.
    ...(code === revocationReasons.unspecified ? [] : [sequence(reason)]),
  );
  entries.set(revocation, encoded);
  return encoded;
}

export interface CrlContent {
  readonly issuer: Pick<Issuer, 'key' | 'certificate'>;
  readonly revocations: readonly Revocation[];
  /** Grows with every list. */
  readonly number: number;
  readonly nowMs: number;
  /** The address of a list of some of the serials; null: this one is of all. */
  readonly distributionPoint: string | null;
  /** By default {@link crlLifetimeMs}. */
  readonly lifetimeMs?: number;
}

/** A certificate revocation list (RFC 5280 §5.1), DER, signed. */
export function makeCrl(content: CrlContent): Uint8Array {
  const { issuer, revocations, distributionPoint, lifetimeMs = crlLifetimeMs } = content;
  const { key, certificate } = issuer;
  // Never before what it tells of, also when the clock was set back.
  const newestMs = revocations.reduce((ms, one) => Math.max(ms, one.revokedAtMs), content.nowMs);
  const thisUpdateMs = Math.floor(newestMs / secondMs) * secondMs;
  const extensions = [
    extensionDer(oids.authorityKeyIdentifier, sequence(taggedBytes(0, certificate.keyIdentifier))),
    extensionDer(oids.crlNumber, integer(content.number)),
  ];
  if (distributionPoint !== null) {
    // §5.2.5: critical, so that nobody takes a part for the whole.
    const point = sequence(distributionPointName(distributionPoint));
    extensions.push(extensionDer(oids.issuingDistributionPoint, point, true));
  }
  const toBeSigned = sequence(
    integer(1),
    signatureAlgorithm(key.algorithm),
    certificate.name,
    time(thisUpdateMs),
    time(thisUpdateMs + lifetimeMs),
    // §5.1.2.6: absent when there are none.
    ...(revocations.length === 0 ? [] : [sequenceOf(revocations.map(entryOf))]),
    tagged(0, sequence(...extensions)),
  );
  return signedSequence(toBeSigned, key.algorithm, key.sign(toBeSigned));
}

/**
 * The root's list, which says that no intermediate was taken back. Its number is the time in
 * seconds: it grows with every list, and nobody has to remember the one before.
 */
export function makeRootCrl(root: CrlContent['issuer'], nowMs: number): Uint8Array {
  const number = Math.floor(nowMs / secondMs);
  const rest = { revocations: [], distributionPoint: null, lifetimeMs: rootCrlLifetimeMs };
  return makeCrl({ issuer: root, number, nowMs, ...rest });
}

/**
 * When a list was signed, milliseconds since 1970; null for anything but a list in DER that bears
 * the signature of this CA.
 */
export function thisUpdateOf(
  der: Uint8Array,
  by: Pick<CaCertificate, 'name' | 'algorithm' | 'publicKey'>,
): number | null {
  const signed = readSigned(der);
  const fields = signed === null ? null : readInside(signed.toBeSigned, tags.sequence);
  const [version, algorithm, issuer, thisUpdate] = fields ?? [];
  if (signed === null || version?.tag !== tags.integer || thisUpdate === undefined) return null;
  const expected = signatureAlgorithm(by.algorithm);
  for (const found of [signed.algorithm, algorithm?.whole]) {
    if (found === undefined || !equalBytes(found, expected)) return null;
  }
  if (issuer === undefined || !equalBytes(issuer.whole, by.name)) return null;
  const isSigned = verifySignature(by.publicKey, signed.toBeSigned, signed.signature);
  return isSigned ? readTime(thisUpdate) : null;
}

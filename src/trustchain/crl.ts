import { assert } from '../base/assert.ts';
import { fromHex } from '../base/bytes.ts';
import { secondMs } from './ca-certificate.ts';
import {
  enumerated,
  integer,
  sequence,
  sequenceOf,
  tagged,
  taggedBytes,
  time,
  unsignedInteger,
} from './der-writer.ts';
import { distributionPointName, extensionDer, oids, signatureAlgorithm } from './fields.ts';
import type { Issuer } from './issuer.ts';
import { type Revocation, revocationReasons } from './revocation.ts';
import { signedSequence } from './signed.ts';

/** A list a relying party may keep for so long; a new one is signed at half of it. */
export const crlLifetimeMs = 60 * 60 * 1000;

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
  readonly issuer: Issuer;
  readonly revocations: readonly Revocation[];
  /** Grows with every list. */
  readonly number: number;
  readonly nowMs: number;
  /** The address of a list of some of the serials; null: this one is of all. */
  readonly distributionPoint: string | null;
}

/** A certificate revocation list (RFC 5280 §5.1), DER, signed. */
export function makeCrl(content: CrlContent): Uint8Array {
  const { issuer, revocations, distributionPoint } = content;
  const { key, certificate } = issuer;
  const thisUpdateMs = Math.floor(content.nowMs / secondMs) * secondMs;
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
    time(thisUpdateMs + crlLifetimeMs),
    // §5.1.2.6: absent when there are none.
    ...(revocations.length === 0 ? [] : [sequenceOf(revocations.map(entryOf))]),
    tagged(0, sequence(...extensions)),
  );
  return signedSequence(toBeSigned, key.algorithm, key.sign(toBeSigned));
}

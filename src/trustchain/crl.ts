import {
  AuthorityKeyIdentifier,
  CRLNumber,
  CRLReason,
  type CRLReasons,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_cRLNumber,
  id_ce_cRLReasons,
  KeyIdentifier,
  RevokedCertificate,
  TBSCertList,
  Time,
  Version,
} from '@peculiar/asn1-x509';
import { assert } from '../base/assert.ts';
import { fromHex } from '../base/bytes.ts';
import { toBuffer, toDer } from './der.ts';
import { ecdsaWithSha256, extension } from './fields.ts';
import { type Issuer, secondMs } from './issuer.ts';
import { type Revocation, revocationReasons } from './revocation.ts';
import { signedSequence } from './signed.ts';

/** A list a relying party may keep for so long; a new one is signed at half of it. */
export const crlLifetimeMs = 60 * 60 * 1000;

function entry(revocation: Revocation): RevokedCertificate {
  const serial = fromHex(revocation.serial);
  assert(serial !== null, 'serials are hex');
  const code = revocationReasons[revocation.reason];
  const certificate = new RevokedCertificate({
    userCertificate: toBuffer(serial),
    revocationDate: new Time(new Date(revocation.revokedAtMs)),
  });
  // RFC 5280 §5.3.1: unspecified is said by saying nothing.
  if (code !== revocationReasons.unspecified) {
    // The library's enumeration has the RFC's numbers.
    const reason = new CRLReason(code as CRLReasons);
    certificate.crlEntryExtensions = [extension(id_ce_cRLReasons, reason)];
  }
  return certificate;
}

/** A certificate revocation list (RFC 5280 §5.1), DER, signed. `number` grows with every list. */
export function makeCrl(
  issuer: Issuer,
  revocations: readonly Revocation[],
  number: number,
  nowMs: number,
): Uint8Array {
  const thisUpdateMs = Math.floor(nowMs / secondMs) * secondMs;
  const entries = revocations.map(entry);
  const list = new TBSCertList({
    version: Version.v2,
    signature: ecdsaWithSha256(),
    issuer: issuer.name,
    thisUpdate: new Time(new Date(thisUpdateMs)),
    nextUpdate: new Time(new Date(thisUpdateMs + crlLifetimeMs)),
    // §5.1.2.6: absent when there are none.
    ...(entries.length === 0 ? {} : { revokedCertificates: entries }),
    crlExtensions: new Extensions([
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({
          keyIdentifier: new KeyIdentifier(toBuffer(issuer.keyIdentifier)),
        }),
      ),
      extension(id_ce_cRLNumber, new CRLNumber(number)),
    ]),
  });
  const tbs = toDer(list);
  return signedSequence(tbs, issuer.key.sign(tbs));
}

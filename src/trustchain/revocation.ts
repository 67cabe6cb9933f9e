import { X509Certificate } from 'node:crypto';
import { concatBytes, fromHex, utf8 } from '../base/bytes.ts';
import { type Decoded, decode, Writer } from '../base/codec.ts';
import { verifyWith } from './keys.ts';

/** CRLReason codes (RFC 5280 §5.3.1) this authority uses; holds and removals it does not. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;
export type RevocationReason = keyof typeof revocationReasons;

export interface Revocation {
  /** 32 lower-case hex digits. */
  readonly serial: string;
  readonly reason: RevocationReason;
  /** Milliseconds since 1970. */
  readonly revokedAtMs: number;
  /** End of the certificate's life: some time after it the entry leaves the list. */
  readonly notAfterMs: number;
}

/** Who asks: the authority's operator, or the holder of the certificate's key. */
export type RevocationAuthority =
  | { readonly by: 'operator' }
  /** By the subject's key over {@link revocationBytes}: ECDSA in DER, RSA PKCS #1, or Ed25519. */
  | { readonly by: 'subject'; readonly signature: Uint8Array };

export type RevocationOutcome =
  /** Also when it was before: the first revocation stands. */
  | { readonly type: 'revoked'; readonly revocation: Revocation }
  | { readonly type: 'unknown' }
  | { readonly type: 'unauthorised' }
  | { readonly type: 'storageFailed'; readonly detail: string };

/** What the holder of a certificate signs to have it revoked: domain ‖ serial ‖ reason code. */
export function revocationBytes(serial: string, reason: RevocationReason): Uint8Array {
  const octets = fromHex(serial) ?? new Uint8Array();
  return concatBytes(
    utf8('hypermesh/revocation\0'),
    octets,
    Uint8Array.of(revocationReasons[reason]),
  );
}

/** True when the certificate's own key asks for this revocation. */
export function isSignedBySubject(
  certificatePem: string,
  serial: string,
  reason: RevocationReason,
  signature: Uint8Array,
): boolean {
  const key = new X509Certificate(certificatePem).publicKey;
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verifyWith(key, hash, revocationBytes(serial, reason), signature);
}

export function encodeRevocation(revocation: Revocation): Uint8Array {
  const writer = new Writer().text(revocation.serial).u8(revocationReasons[revocation.reason]);
  return writer.u53(revocation.revokedAtMs).u53(revocation.notAfterMs).finish();
}

export function decodeRevocation(bytes: Uint8Array): Decoded<Revocation> {
  return decode(bytes, (reader) => {
    const serial = reader.text(32, 'serial');
    if (!/^[0-9a-f]{32}$/.test(serial)) reader.fail('serial: not 32 hex digits');
    const code = reader.u8('reason');
    const names = Object.keys(revocationReasons) as RevocationReason[];
    const reason = names.find((name) => revocationReasons[name] === code);
    if (reason === undefined) return reader.fail(`reason: ${code} is none this authority uses`);
    return {
      serial,
      reason,
      revokedAtMs: reader.u53('revokedAtMs'),
      notAfterMs: reader.u53('notAfterMs'),
    };
  });
}

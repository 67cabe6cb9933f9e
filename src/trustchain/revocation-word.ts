import type { IssuedCertificate } from './certificate-store.ts';
import { importPublicKey, verifyWith } from './keys.ts';
import {
  isSignedBySubject,
  type RevocationAuthority,
  type RevocationReason,
  revocationBytes,
} from './revocation.ts';

/**
 * On whose word a signature over {@link revocationBytes} asks for a revocation: the operator's, by
 * one of `operatorKeys` (SubjectPublicKeyInfo), or the subject's. Null: nobody's who may.
 */
export function revocationWord(
  { serial, pem }: IssuedCertificate,
  reason: RevocationReason,
  signature: Uint8Array,
  operatorKeys: readonly Uint8Array[],
): RevocationAuthority | null {
  const bytes = revocationBytes(serial, reason);
  for (const spki of operatorKeys) {
    const key = importPublicKey(spki);
    const hash = key?.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    if (key !== null && verifyWith(key, hash, bytes, signature)) return { by: 'operator' };
  }
  if (isSignedBySubject(pem, serial, reason, signature)) return { by: 'subject', signature };
  return null;
}

import { equalBytes } from '../base/bytes.ts';
import { element, oid, sequence } from './der-writer.ts';
import type { KeyType } from './requester-key.ts';

/** What a requester may sign with: by which kind of key, and the hash node wants to hear of. */
export interface SignatureKind {
  readonly keyType: KeyType;
  readonly hash: string | null;
}

const derNull = element(0x05);

const kinds: readonly (readonly [algorithm: string, kind: SignatureKind])[] = [
  ['1.2.840.10045.4.3.2', { keyType: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { keyType: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { keyType: 'ec', hash: 'sha512' }],
  ['1.2.840.113549.1.1.11', { keyType: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { keyType: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { keyType: 'rsa', hash: 'sha512' }],
  ['1.3.101.112', { keyType: 'ed25519', hash: null }],
];

/**
 * Algorithm identifiers, whole: no signature covers the one that stands outside, so that none of
 * its bytes may be free. RSA's parameters are NULL or absent (RFC 4055 §5), the others' absent
 * (RFC 5758 §3.2, RFC 8410 §3).
 */
const identifiers = kinds.flatMap(([algorithm, kind]) => {
  const absent = { identifier: sequence(oid(algorithm)), kind };
  if (kind.keyType !== 'rsa') return [absent];
  return [absent, { identifier: sequence(oid(algorithm), derNull), kind }];
});

/** The kind of an AlgorithmIdentifier (DER); null for one that is not taken. */
export function signatureKindOf(identifier: Uint8Array): SignatureKind | null {
  return identifiers.find((known) => equalBytes(known.identifier, identifier))?.kind ?? null;
}

import { assert } from '../base/assert.ts';
import { concatBytes, fromHex, utf8 } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import { readSigned, readTbs } from './certificate-reader.ts';
import type { IssuedCertificate } from './certificate-store.ts';
import { type ParsedCsr, parseCsr } from './csr.ts';
import { type IssuanceDone, storageFailed } from './issuance-outcome.ts';
import { importPublicKey, verifyWith } from './keys.ts';
import { type LeafUsage, usageOf } from './leaf-profile.ts';
import { canonicalAddress } from './names.ts';
import { type Checked, type Refusal, refuse } from './refusal.ts';
import { checkKey } from './requester-key.ts';
import type { Revocation } from './revocation.ts';
import type { RevocationDesk } from './revocation-desk.ts';
import { votedSubject } from './subject.ts';

/**
 * A new certificate for the names of one that is in force. Its holder shows to be that with the key
 * it certifies: *renewal* keeps the key, *rekeying* brings a PKCS #10 of another. Either way it is
 * an issuance like any other: a new serial, new dates, a vote of its own.
 */
export interface RenewalWish {
  /** Of the certificate that is followed, 32 hex digits. */
  readonly serial: string;
  /** As the holder signed it. */
  readonly requestId: string;
  /** By the certificate's key over {@link renewalBytes}. */
  readonly signature: Uint8Array;
  /** Whether the old one is revoked, as superseded, once there is the new one. */
  readonly supersede: boolean;
}

/**
 * What the holder signs: domain ‖ serial (16 octets) ‖ whether to supersede (1) ‖ SHA-256 of the
 * new SubjectPublicKeyInfo ‖ request id. The id makes it good for one certificate and no second.
 */
export function renewalBytes(
  wish: Pick<RenewalWish, 'serial' | 'requestId' | 'supersede'>,
  publicKey: Uint8Array,
): Uint8Array {
  return concatBytes(
    utf8('hypermesh/renewal\0'),
    fromHex(wish.serial) ?? new Uint8Array(),
    Uint8Array.of(wish.supersede ? 1 : 0),
    sha256(publicKey),
    utf8(wish.requestId),
  );
}

/** What a renewal asks for, in the terms of a request. */
export interface Renewal {
  readonly request: ParsedCsr;
  /** That of the certificate that is followed. */
  readonly usage: LeafUsage;
}

/**
 * Reads the wish against the certificate it names; null where that is unknown. `csr` brings another
 * key; null: the same. Says nothing of the certificate's standing: {@link standingRefusal} does.
 */
export function readRenewal(
  wish: RenewalWish,
  csr: string | Uint8Array | null,
  previous: IssuedCertificate | null,
): Checked<Renewal> {
  if (previous === null) return refuse('unknownCertificate', `serial ${wish.serial}: unknown`);
  const held = readHeld(previous);
  const brought = csr === null ? null : parseCsr(csr);
  if (brought !== null && !brought.ok) return brought;
  const publicKey = brought?.value.publicKey ?? held.publicKey;
  const key = importPublicKey(held.publicKey);
  const hash = key?.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  if (key === null || !verifyWith(key, hash, renewalBytes(wish, publicKey), wish.signature)) {
    return refuse('notTheHolder', `not signed by the key of serial ${wish.serial}`);
  }
  // It was strong enough once; what is known of keys grows.
  const checked = checkKey(publicKey);
  if (!checked.ok) return checked;
  const strange = brought === null ? undefined : strangeName(brought.value, held);
  if (strange !== undefined) {
    return refuse('otherNames', `${strange}: not in the certificate with serial ${wish.serial}`);
  }
  const { keyType } = checked.value;
  const { commonName, dnsNames, ipAddresses, usage } = held;
  const request = { publicKey, keyType, commonName, dnsNames, ipAddresses };
  return { ok: true, value: { request, usage } };
}

type Held = Omit<ParsedCsr, 'keyType'> & { readonly usage: LeafUsage };

/** Names, key and usage of a certificate of ours. */
function readHeld({ der }: IssuedCertificate): Held {
  const signed = readSigned(der);
  const tbs = signed === null ? null : readTbs(signed.toBeSigned);
  const nobody = { requestId: '', nodeId: new Uint8Array(32), requirements: null };
  const voted = signed === null ? null : votedSubject(signed.toBeSigned, '', nobody);
  const usage = tbs === null ? null : usageOf(tbs.extensions);
  assert(voted !== null && usage !== null, 'the store holds leaves of ours');
  const { commonName, sanEntries, ipv6Addresses, publicKey } = voted.subject;
  const isAddress = (name: string): boolean => canonicalAddress(name) !== null;
  const dnsNames = sanEntries.filter((name) => !isAddress(name));
  const ipAddresses = [...sanEntries.filter(isAddress), ...ipv6Addresses];
  return { commonName, dnsNames, ipAddresses, publicKey, usage };
}

/** The first name of a request that the certificate does not have; undefined: none. */
function strangeName(brought: ParsedCsr, held: Held): string | undefined {
  const known = new Set([...held.dnsNames, ...held.ipAddresses]);
  const { commonName, dnsNames, ipAddresses } = brought;
  const wanted = [...(commonName === null ? [] : [commonName]), ...dnsNames, ...ipAddresses];
  return wanted.find((name) => {
    const spelled = canonicalAddress(name) ?? name.toLowerCase().replace(/\.$/, '');
    return !known.has(spelled);
  });
}

/** Why a certificate has nothing to hand on; null while it is in force. */
export function standingRefusal(
  { serial, notAfterMs }: IssuedCertificate,
  revocation: Revocation | null,
  nowMs: number,
): Refusal | null {
  if (revocation !== null) {
    const detail = `serial ${serial}: revoked (${revocation.reason})`;
    return { code: 'notInForce', detail };
  }
  if (nowMs <= notAfterMs) return null;
  const ended = new Date(notAfterMs).toISOString();
  return { code: 'notInForce', detail: `serial ${serial}: ended at ${ended}` };
}

/**
 * Revokes what is followed before the new certificate is handed out. A crash in between leaves both
 * in force, until the same request is asked again.
 */
export function superseding(
  { serial }: RenewalWish,
  revocations: Pick<RevocationDesk, 'revoke'>,
  done: IssuanceDone,
): IssuanceDone {
  return (outcome) => {
    if (outcome.type !== 'issued') return done(outcome);
    revocations.revoke(serial, 'superseded', { by: 'operator' }, (revoked) => {
      if (revoked.type !== 'storageFailed') return done(outcome);
      done(storageFailed(new Error(revoked.detail)));
    });
  };
}

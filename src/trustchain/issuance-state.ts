import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import { type Digest, digest } from '../base/digest.ts';
import type { ParsedCsr } from './csr.ts';
import { serialOfTbs } from './issuance.ts';
import type { IssuanceDone, IssuanceOutcome } from './issuance-outcome.ts';
import type { DraftRecord, RequestKey } from './issuance-record.ts';
import type { LeafProfile } from './leaf-profile.ts';
import type { CertificateNames } from './names.ts';

/** One request on its way, from the first proof to the certificate. */
export interface Issuance {
  readonly key: RequestKey;
  readonly serial: string;
  readonly tbs0: Uint8Array;
  readonly startedAtMs: number;
  operation: Uint8Array | null;
  /** `waiting`: the vote did not come back in time; the next request for it asks again. */
  state: 'proving' | 'voting' | 'signing' | 'waiting' | 'finished';
  waiters: IssuanceDone[];
}

/** A draft of before the crash, with nobody waiting for it yet. */
export function setAsideDraft(draft: DraftRecord): Issuance {
  const { tbs0, operation, startedAtMs, ...key } = draft;
  const serial = serialOfTbs(tbs0);
  assert(serial !== null, 'readJournal lets only drafts of ours through');
  return { key, serial, tbs0, startedAtMs, operation, state: 'waiting', waiters: [] };
}

export function answer(issuance: Issuance, outcome: IssuanceOutcome): void {
  const { waiters } = issuance;
  issuance.waiters = [];
  for (const done of waiters) done(outcome);
}

/** What two requests must have in common to be one: key, names and kind of certificate. */
export function fingerprintOf(
  csr: ParsedCsr,
  names: CertificateNames,
  { usage, lifetimeMs }: LeafProfile,
): Digest {
  const text = JSON.stringify([
    Buffer.from(csr.publicKey).toString('hex'),
    names.commonName,
    names.dnsNames,
    names.ipAddresses,
    usage,
    lifetimeMs,
  ]);
  return digest('hypermesh/certificateRequest', utf8(text));
}

import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import { readSigned } from './certificate-reader.ts';
import { type IntentRecord, type IssuedRecord, recordKeys } from './issuance-record.ts';
import { leafHashOf } from './log/entry.ts';
import { promisedTbs } from './log/precertificate.ts';
import { sctOf } from './log/sct.ts';
import type { Logged, TransparencyLog } from './log/transparency-log.ts';
import { type DamagedJournal, damaged, type FoundRecords } from './recovery.ts';

/**
 * Why the journal's certificates are not in the log as they say; null when all are. After a crash
 * the log may be ahead of the journal (an entry whose certificate is still to be signed), never
 * behind: that would be promises broken.
 */
export function logDisagreement(
  { issued, logSize }: FoundRecords,
  log: TransparencyLog,
  issuerKeyHash: Digest,
): DamagedJournal | null {
  if (logSize > log.size) {
    const detail = `the log had ${logSize} entries, now it has ${log.size}`;
    return damaged(recordKeys.logSize, detail);
  }
  for (const { record, certificate } of issued) {
    const index = indexIn(log, record, issuerKeyHash);
    if (index === record.logIndex) continue;
    const where = index === null ? 'not in the log' : `entry ${index} of the log`;
    const detail = `${where}, should be entry ${record.logIndex}`;
    return damaged(recordKeys.issued(certificate.serial), detail);
  }
  return null;
}

function indexIn(
  log: TransparencyLog,
  { certificate }: IssuedRecord,
  issuerKeyHash: Digest,
): number | null {
  const signed = readSigned(certificate);
  const sct = signed === null ? null : sctOf(signed.toBeSigned);
  const tbs = signed === null ? null : promisedTbs(signed.toBeSigned);
  if (sct === null || tbs === null || sct.logId !== log.key.logId) return null;
  return log.indexOf(leafHashOf({ timestampMs: sct.timestampMs, issuerKeyHash, tbs }));
}

/** The entries that a crash left without a certificate: by the intent they come from. */
export function loggedIntents(
  intents: readonly IntentRecord[],
  log: TransparencyLog,
): ReadonlyMap<IntentRecord, Logged> {
  const logged = new Map<string, Logged>();
  const first = intents.reduce((least, { logSize }) => Math.min(least, logSize), log.size);
  for (let index = first; index < log.size; index++) {
    const entry = log.entry(index);
    const name = nameOf(entry.tbs);
    assert(!logged.has(name), `log entries ${logged.get(name)?.index} and ${index} are the same`);
    logged.set(name, { index, entry });
  }
  const found = new Map<IntentRecord, Logged>();
  for (const intent of intents) {
    const at = logged.get(nameOf(intent.tbs));
    if (at !== undefined) found.set(intent, at);
  }
  return found;
}

function nameOf(tbs: Uint8Array): string {
  return toHex(sha256(tbs));
}

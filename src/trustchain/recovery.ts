import type { Decoded } from '../base/codec.ts';
import type { JournalEntry } from '../runtime/ports.ts';
import type { IssuedCertificate } from './certificate-store.ts';
import { readIssued, serialOfTbs } from './issuance.ts';
import {
  type DraftRecord,
  decodeDraft,
  decodeIntent,
  decodeIssued,
  decodeLogSize,
  type IntentRecord,
  type IssuedRecord,
  recordKeys,
} from './issuance-record.ts';
import { parseProofFile } from './proof-file.ts';
import { decodeRevocation, type Revocation } from './revocation.ts';
import { decodeCrlNumber, revokedKey } from './revocation-desk.ts';

/** What a crash left behind. */
export interface FoundRecords {
  readonly drafts: readonly DraftRecord[];
  readonly intents: readonly IntentRecord[];
  readonly issued: readonly {
    readonly record: IssuedRecord;
    readonly certificate: IssuedCertificate;
  }[];
  readonly revocations: readonly Revocation[];
  /** Of the last list that may have been signed; 0: none. */
  readonly crlNumber: number;
  /** How large the log has been. */
  readonly logSize: number;
}

/** The journal holds bytes this room did not write there: it must not issue on top of them. */
export class DamagedJournal extends Error {
  override name = 'DamagedJournal';
  readonly code = 'DAMAGED_JOURNAL';
}

export function damaged(key: string, reason: string): DamagedJournal {
  return new DamagedJournal(`certificate journal, entry ${key}: ${reason}`);
}

/** Sorts the entries by kind; each must be readable and stand under its own serial. */
export function readJournal(entries: readonly JournalEntry[]): FoundRecords | DamagedJournal {
  const drafts: DraftRecord[] = [];
  const intents: IntentRecord[] = [];
  const issued: { record: IssuedRecord; certificate: IssuedCertificate }[] = [];
  const revocations: Revocation[] = [];
  const numbers: number[] = [];
  const logSizes: number[] = [];
  for (const { key, value } of entries) {
    const kind = key.slice(0, key.indexOf('/'));
    let problem: string | null = null;
    if (kind === 'draft') {
      problem = take(decodeDraft(value), drafts, ({ tbs0 }) => {
        return key === recordKeys.draft(serialOfTbs(tbs0) ?? '');
      });
    } else if (kind === 'intent') {
      problem = take(decodeIntent(value), intents, ({ tbs, proofJson }) => {
        return key === recordKeys.intent(serialOfTbs(tbs) ?? '') && parseProofFile(proofJson).ok;
      });
    } else if (kind === 'issued') {
      const decoded = decodeIssued(value);
      const certificate = decoded.ok ? readIssued(decoded.value) : null;
      if (!decoded.ok) problem = decoded.reason;
      else if (certificate === null || key !== recordKeys.issued(certificate.serial)) {
        problem = 'not the certificate of its key';
      } else issued.push({ record: decoded.value, certificate });
    } else if (kind === 'revoked') {
      problem = take(decodeRevocation(value), revocations, ({ serial }) => {
        return key === revokedKey(serial);
      });
    } else if (kind === 'crl') {
      problem = take(decodeCrlNumber(value), numbers, () => true);
    } else if (kind === 'log') {
      problem = take(decodeLogSize(value), logSizes, () => key === recordKeys.logSize);
    } else {
      problem = 'draft, intent, issued, revoked, crl and log are the kinds of entries';
    }
    if (problem !== null) return damaged(key, problem);
  }
  const crlNumber = Math.max(0, ...numbers);
  return { drafts, intents, issued, revocations, crlNumber, logSize: Math.max(0, ...logSizes) };
}

function take<T>(decoded: Decoded<T>, into: T[], fits: (record: T) => boolean): string | null {
  if (!decoded.ok) return decoded.reason;
  if (!fits(decoded.value)) return 'not the record of its key';
  into.push(decoded.value);
  return null;
}

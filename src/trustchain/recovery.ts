import type { Decoded } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { JournalEntry } from '../runtime/ports.ts';
import { issuedOf, serialOfTbs } from './issuance.ts';
import {
  type DraftRecord,
  decodeDraft,
  decodeIntent,
  decodeIssued,
  decodeLogSize,
  type IntentRecord,
  type IssuedRecord,
  recordKeys,
  type SharedRecords,
} from './issuance-record.ts';
import type { KeptCertificate } from './kept-certificate.ts';
import { decodeRevocation, type Revocation } from './revocation.ts';
import { decodeCrlNumber, revokedKey } from './revocation-desk.ts';
import { SharedAnswer } from './shared-answer.ts';

/** What a crash left behind. */
export interface FoundRecords {
  readonly drafts: readonly DraftRecord[];
  readonly intents: readonly IntentRecord[];
  readonly issued: readonly {
    readonly record: IssuedRecord;
    readonly certificate: KeptCertificate;
  }[];
  readonly revocations: readonly Revocation[];
  /** Of the last list that may have been signed; 0: none. */
  readonly crlNumber: number;
  /** How large the log has been. */
  readonly logSize: number;
  /** What others share; none of it is there without a record that names it. */
  readonly shared: SharedRecords;
}

/** The journal holds bytes this room did not write there: it must not issue on top of them. */
export class DamagedJournal extends Error {
  override name = 'DamagedJournal';
  readonly code = 'DAMAGED_JOURNAL';
}

export function damaged(key: string, reason: string): DamagedJournal {
  return new DamagedJournal(`certificate journal, entry ${key}: ${reason}`);
}

const kinds = ['draft', 'intent', 'issued', 'operation', 'answer', 'revoked', 'crl', 'log'];

/** Sorts the entries by kind; each must be readable and stand under its own serial. */
export function readJournal(entries: readonly JournalEntry[]): FoundRecords | DamagedJournal {
  const shared = readShared(entries);
  if (shared instanceof DamagedJournal) return shared;
  const drafts: DraftRecord[] = [];
  const intents: IntentRecord[] = [];
  const issued: { record: IssuedRecord; certificate: KeptCertificate }[] = [];
  const revocations: Revocation[] = [];
  const numbers: number[] = [];
  const logSizes: number[] = [];
  for (const { key, value } of entries) {
    const kind = key.slice(0, key.indexOf('/'));
    let problem: string | null = null;
    if (kind === 'draft') {
      problem = take(decodeDraft(value, shared), drafts, ({ tbs0 }) => {
        return key === recordKeys.draft(serialOfTbs(tbs0) ?? '');
      });
    } else if (kind === 'intent') {
      problem = take(decodeIntent(value, shared), intents, ({ tbs }) => {
        return key === recordKeys.intent(serialOfTbs(tbs) ?? '');
      });
    } else if (kind === 'issued') {
      const decoded = decodeIssued(value, shared);
      const certificate = decoded.ok ? issuedOf(decoded.value) : null;
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
    } else if (kind !== 'operation' && kind !== 'answer') {
      problem = `${kinds.join(', ')} are the kinds of entries`;
    }
    if (problem !== null) return damaged(key, problem);
  }
  const crlNumber = Math.max(0, ...numbers);
  const logSize = Math.max(0, ...logSizes);
  return { drafts, intents, issued, revocations, crlNumber, logSize, shared };
}

/** First of all: the other records name these. */
function readShared(entries: readonly JournalEntry[]): SharedRecords | DamagedJournal {
  const operations = new Map<Digest, Uint8Array>();
  const answers = new Map<Digest, SharedAnswer>();
  for (const { key, value } of entries) {
    if (key.startsWith('operation/')) {
      const id = requestDigest(value);
      if (key !== recordKeys.operation(id)) return damaged(key, 'not the record of its key');
      operations.set(id, value);
    } else if (key.startsWith('answer/')) {
      const decoded = SharedAnswer.decode(value);
      if (!decoded.ok) return damaged(key, decoded.reason);
      const { id } = decoded.value;
      if (key !== recordKeys.answer(id)) return damaged(key, 'not the record of its key');
      answers.set(id, decoded.value);
    }
  }
  return { operations, answers };
}

function take<T>(decoded: Decoded<T>, into: T[], fits: (record: T) => boolean): string | null {
  if (!decoded.ok) return decoded.reason;
  if (!fits(decoded.value)) return 'not the record of its key';
  into.push(decoded.value);
  return null;
}

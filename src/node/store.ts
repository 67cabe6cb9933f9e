import type { Digest } from '../base/digest.ts';
import type { JournalRecord } from '../pbft/journal-record.ts';
import { decodeRecord, encodeRecord } from '../pbft/record-codec.ts';
import type { JournalEntry, JournalWrite } from '../runtime/ports.ts';

/**
 * Where things lie in the journal. Sequences are padded, so keys sort as numbers do:
 *
 *     boot                          this node ran before
 *     record/leftView|enteredView|recovering|stable     the newest of each
 *     record/accepted/<sequence>/<view>
 *     record/prepared|decided/<sequence>
 *     state/<sequence>/<chunk>      the service's state at the stable checkpoint
 */
const width = 16;
export const bootKey = 'boot';

function padded(value: number): string {
  return String(value).padStart(width, '0');
}

function recordKey(record: JournalRecord): string {
  switch (record.type) {
    case 'accepted': {
      const { sequence, view } = record.header.statement;
      return `record/accepted/${padded(sequence)}/${padded(view)}`;
    }
    case 'prepared':
    case 'decided':
      return `record/${record.type}/${padded(record.certificate.header.statement.sequence)}`;
    default:
      return `record/${record.type}`;
  }
}

export function recordPut(record: JournalRecord): JournalWrite['puts'][number] {
  return { key: recordKey(record), value: encodeRecord(record) };
}

/** The state at a checkpoint, and the end of everything at or below it. */
export function checkpointWrite(sequence: number, chunks: readonly Uint8Array[]): JournalWrite {
  const above = padded(sequence + 1);
  return {
    puts: chunks.map((value, chunk) => ({
      key: `state/${padded(sequence)}/${padded(chunk)}`,
      value,
    })),
    deletes: [
      ...['accepted', 'prepared', 'decided'].map((type) => ({
        from: `record/${type}/`,
        to: `record/${type}/${above}`,
      })),
      { from: 'state/', to: `state/${padded(sequence)}` },
    ],
  };
}

/** What a journal held, taken apart. */
export interface Recovered {
  readonly ranBefore: boolean;
  readonly records: readonly JournalRecord[];
  /** Sequence and digest of the stable checkpoint, with its chunks; null at genesis. */
  readonly state: {
    readonly sequence: number;
    readonly digest: Digest;
    readonly chunks: readonly Uint8Array[];
  } | null;
}

/** Reads the journal's entries; an entry that is not what was written is an error, never skipped. */
export function recover(entries: readonly JournalEntry[]): Recovered | Error {
  const records: JournalRecord[] = [];
  for (const { key, value } of entries) {
    if (!key.startsWith('record/')) continue;
    const record = decodeRecord(value);
    if (!record.ok) return new Error(`journal entry ${key}: ${record.reason}`);
    records.push(record.value);
  }
  const stable = records.find((record) => record.type === 'stable');
  const ranBefore = entries.length > 0;
  if (stable === undefined) return { ranBefore, records, state: null };
  const { sequence, stateDigest } = stable.certificate.statement;
  const prefix = `state/${padded(sequence)}/`;
  const chunks = entries.filter(({ key }) => key.startsWith(prefix)).map(({ value }) => value);
  return { ranBefore, records, state: { sequence, digest: stateDigest, chunks } };
}

import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import type { JournalRecord } from './journal-record.ts';
import { readBatch, writeBatch } from './message-codec.ts';
import { batchRoom, usualBytes } from './message-room.ts';
import {
  readCommitCertificate,
  readEnvelope,
  readFlag,
  readPreparedCertificate,
  readResultCertificate,
  writeCommitCertificate,
  writeEnvelope,
  writePreparedCertificate,
  writeResultCertificate,
} from './statement-codec.ts';

/** The first byte of a record. Part of the disk format: append, never reorder. */
const types: readonly JournalRecord['type'][] = [
  'accepted',
  'prepared',
  'decided',
  'leftView',
  'enteredView',
  'recovering',
  'stable',
];

type Accepted = Extract<JournalRecord, { type: 'accepted' }>;

/**
 * The record of a header encoded last: all replicas of one process (the simulator's) that accept a
 * header hold the same header and batch, and the bytes are made once.
 */
let lastAccepted: { readonly record: Accepted; readonly bytes: Uint8Array } | null = null;
/** Longer ones are not kept for it: where a process has one replica nobody asks again. */
const maxKeptBytes = 1024;

export function encodeRecord(record: JournalRecord): Uint8Array {
  if (record.type !== 'accepted') return encodeAnew(record);
  const { header, batch } = record;
  if (lastAccepted?.record.header === header && lastAccepted.record.batch === batch) {
    return lastAccepted.bytes;
  }
  const bytes = encodeAnew(record);
  if (bytes.length <= maxKeptBytes) lastAccepted = { record, bytes };
  return bytes;
}

function encodeAnew(record: JournalRecord): Uint8Array {
  const batch = 'batch' in record ? record.batch : null;
  const writer = new Writer(usualBytes + (batch === null ? 0 : batchRoom(batch)));
  writer.u8(types.indexOf(record.type));
  switch (record.type) {
    case 'accepted':
      writeEnvelope(writer, record.header);
      writeBatch(writer, record.batch);
      break;
    case 'prepared':
      writePreparedCertificate(writer, record.certificate);
      break;
    case 'decided':
      writeCommitCertificate(writer, record.certificate);
      writer.u8(record.batch === null ? 0 : 1);
      if (record.batch !== null) writeBatch(writer, record.batch);
      break;
    case 'leftView':
    case 'enteredView':
      writeEnvelope(writer, record.vote);
      break;
    case 'recovering':
      writer.u8(record.until === null ? 0 : 1);
      if (record.until !== null) writer.u53(record.until.sequence).u53(record.until.view);
      break;
    case 'stable':
      writeResultCertificate(writer, record.certificate);
  }
  return writer.finishBrief();
}

/** Reads one record back. A reason means that the disk did not keep what it was given. */
export function decodeRecord(bytes: Uint8Array): Decoded<JournalRecord> {
  return decode(bytes, (reader) => {
    const tag = reader.u8('record type');
    const type = types[tag];
    return type === undefined ? reader.fail(`record type ${tag}`) : readRecord(reader, type);
  });
}

function readRecord(reader: Reader, type: JournalRecord['type']): JournalRecord {
  switch (type) {
    case 'accepted':
      return { type, header: readEnvelope(reader, 'prePrepare'), batch: readBatch(reader) };
    case 'prepared':
      return { type, certificate: readPreparedCertificate(reader) };
    case 'decided':
      return {
        type,
        certificate: readCommitCertificate(reader),
        batch: readFlag(reader, 'batch') ? readBatch(reader) : null,
      };
    case 'leftView':
      return { type, vote: readEnvelope(reader, 'viewChange') };
    case 'enteredView':
      return { type, vote: readEnvelope(reader, 'newView') };
    case 'recovering': {
      const known = readFlag(reader, 'until known');
      if (!known) return { type, until: null };
      return { type, until: { sequence: reader.u53('sequence'), view: reader.u53('view') } };
    }
    case 'stable':
      return { type, certificate: readResultCertificate(reader) };
  }
}

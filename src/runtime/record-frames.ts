import { readSync } from 'node:fs';
import { concatBytes, equalBytes, utf8 } from '../base/bytes.ts';
import { digestToBytes } from '../base/digest.ts';
import { JournalError } from './journal-error.ts';
import { maxRecordBytes } from './limits.ts';

/** What a file of records begins with; the number is the format's. */
export const fileHeader = utf8('hypermesh records 1\n');
/** In front of each record: its length in four octets, its checksum in eight. */
const frameHeaderBytes = 12;
/** Read at once when a file is gone through; more than any frame. */
const chunkBytes = 4 * maxRecordBytes;

/** SHA-256, cut, over the record and its place: a record elsewhere is not the same record. */
function checksumOf(index: number, record: Uint8Array): Uint8Array {
  return digestToBytes(`hypermesh record ${index}`, record).subarray(0, 8);
}

export function frameOf(index: number, record: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, record.length);
  return concatBytes(length, checksumOf(index, record), record);
}

/** The record in a frame that is whole; null when it is not the one that was put there. */
export function openFrame(index: number, frame: Uint8Array): Uint8Array | null {
  const record = frame.subarray(frameHeaderBytes);
  const checksum = frame.subarray(4, frameHeaderBytes);
  return lengthAt(frame, 0) === record.length && equalBytes(checksum, checksumOf(index, record))
    ? record
    : null;
}

function lengthAt(bytes: Uint8Array, at: number): number | null {
  if (at + frameHeaderBytes > bytes.length) return null;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** Where the whole records of a file stand. */
export interface FoundFrames {
  /** Where each begins, and behind them where the last one ends. */
  readonly offsets: number[];
  /** Bytes of an unfinished record follow: a crash cut it short, it was never confirmed. */
  readonly torn: boolean;
}

/** Goes through a file that has its header; throws `JOURNAL_CORRUPT` at a damaged record. */
export function findFrames(path: string, descriptor: number): FoundFrames {
  const offsets = [fileHeader.length];
  let bytes: Uint8Array = new Uint8Array(0);
  let base = fileHeader.length;
  let at = 0;
  for (;;) {
    const length = lengthAt(bytes, at);
    const end = length === null ? Number.POSITIVE_INFINITY : at + frameHeaderBytes + length;
    if (end > bytes.length && (length ?? 0) <= maxRecordBytes) {
      const more = readAt(descriptor, base + bytes.length);
      if (more.length > 0) {
        base += at;
        bytes = concatBytes(bytes.subarray(at), more);
        at = 0;
        continue;
      }
    }
    if (end > bytes.length || openFrame(offsets.length - 1, bytes.subarray(at, end)) === null) {
      break;
    }
    at = end;
    offsets.push(base + at);
  }
  const rest = bytes.subarray(at);
  if (!isUnfinished(offsets.length - 1, rest)) {
    const place = `record ${offsets.length - 1} at byte ${base + at}`;
    throw new JournalError('JOURNAL_CORRUPT', `${path}: ${place} is damaged`);
  }
  return { offsets, torn: rest.length > 0 };
}

/**
 * What a crash leaves behind the last whole record is the beginning of the next, or room that was
 * never written, which reads as zeros. A frame that is all there but wrong is damage, and so is one
 * that claims to reach past the end while a whole one stands behind its beginning.
 */
function isUnfinished(index: number, rest: Uint8Array): boolean {
  const length = lengthAt(rest, 0);
  if (length === null || rest.every((octet) => octet === 0)) return true;
  const claimed = length > 0 && length <= maxRecordBytes && frameHeaderBytes + length;
  return claimed !== false && claimed > rest.length && !isFollowed(index, rest);
}

function isFollowed(index: number, rest: Uint8Array): boolean {
  for (let at = 1; at + frameHeaderBytes <= rest.length; at++) {
    const end = at + frameHeaderBytes + (lengthAt(rest, at) as number);
    if (end <= rest.length && openFrame(index + 1, rest.subarray(at, end)) !== null) return true;
  }
  return false;
}

function readAt(descriptor: number, position: number): Uint8Array {
  const buffer = new Uint8Array(chunkBytes);
  return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, position));
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JournalError } from './journal-error.ts';

/**
 * LevelDB's write-ahead log, as doc/log_format.md of its source describes it: blocks of 32 KiB, in
 * them records of checksum (CRC-32C, masked), length, type and data. When LevelDB recovers it drops
 * records that do not check, and whatever follows in the block, without a word. A replica would
 * then vote from an older past than it has, so the log is read once more before LevelDB does.
 */
const blockBytes = 32_768;
const headerBytes = 7;

/**
 * Throws `JOURNAL_CORRUPT` when a log in `directory` holds a damaged record. An unfinished record
 * at the very end is none: the crash that cut it short also kept it from being confirmed.
 */
export async function checkLogs(directory: string): Promise<void> {
  const files = await readdir(directory).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new JournalError('JOURNAL_IO', `journal ${directory} cannot be read`, error);
  });
  for (const file of files.filter((name) => name.endsWith('.log'))) {
    const offset = damageIn(await readFile(join(directory, file)));
    if (offset === null) continue;
    throw new JournalError('JOURNAL_CORRUPT', `journal file ${file} is damaged at byte ${offset}`);
  }
}

/** Where the first damaged record of a log begins, or null. */
export function damageIn(log: Buffer): number | null {
  let offset = 0;
  while (offset + headerBytes <= log.length) {
    const leftInBlock = blockBytes - (offset % blockBytes);
    if (leftInBlock < headerBytes) {
      offset += leftInBlock; // too little for a header: filled up with zeros
      continue;
    }
    const record = recordAt(log, offset);
    if (record === 'unfinished') return isFollowed(log, offset) ? offset : null;
    if (record === 'damaged') return offset;
    offset += record === 'padding' ? leftInBlock : record;
  }
  return null;
}

/** Size of the record at `offset`, header included, or what is wrong with it. */
function recordAt(log: Buffer, offset: number): number | 'padding' | 'unfinished' | 'damaged' {
  const length = log.readUInt16LE(offset + 4);
  const type = log.readUInt8(offset + 6);
  const end = offset + headerBytes + length;
  if (type === 0 && length === 0 && log.readUInt32LE(offset) === 0) return 'padding';
  if (type < 1 || type > 4) return 'damaged';
  if (end > offset - (offset % blockBytes) + blockBytes) return 'damaged';
  if (end > log.length) return 'unfinished';
  const checksum = masked(crc32c(log.subarray(offset + 6, end)));
  return checksum === log.readUInt32LE(offset) ? headerBytes + length : 'damaged';
}

/** Whether a whole record stands behind one that claims to reach past the end: then it lies. */
function isFollowed(log: Buffer, offset: number): boolean {
  for (let next = offset + 1; next + headerBytes <= log.length; next++) {
    if (typeof recordAt(log, next) === 'number') return true;
  }
  return false;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli; RFC 3720 appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 255] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

/** LevelDB stores checksums rotated and shifted, lest a checksum of checksums come out trivial. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

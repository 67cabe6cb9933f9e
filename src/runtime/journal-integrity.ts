import { assert } from '../base/assert.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import { sha256Characters } from '../base/digest.ts';
import { Shelves } from './shelves.ts';

const checksumBytes = 8;
const mask = 2n ** 64n - 1n;

/**
 * LevelDB reads its tables without looking at their checksums unless told to. So each value
 * carries a checksum over key and value, and a tally (number and sum of checksums of all live
 * entries) is rewritten with every write: an entry that changed fails the first, one that vanished
 * fails the second. Guards against accidents, not against an intruder.
 */
export function seal(key: string, value: Uint8Array): { stored: Uint8Array; checksum: bigint } {
  const checksum = checksumOf(key, value);
  const stored = new Writer(checksumBytes + value.length).fixed(latest).fixed(value).finishBrief();
  return { stored, checksum };
}

/** The value as it was sealed, or null if it is damaged. */
export function unseal(
  key: string,
  stored: Uint8Array,
): { value: Uint8Array; checksum: bigint } | null {
  if (stored.length < checksumBytes) return null;
  const value = stored.slice(checksumBytes);
  const checksum = checksumOf(key, value);
  if (!equalBytes(latest, stored.subarray(0, checksumBytes))) return null;
  return { value, checksum };
}

/** Count and sum of the checksums of a set of entries; the order of adding does not matter. */
export class Tally {
  private readonly checksums = new Shelves<bigint>();
  private sum = 0n;

  set(key: string, checksum: bigint): void {
    const old = this.checksums.set(key, checksum) ?? 0n;
    this.sum = (this.sum - old + checksum) & mask;
  }

  delete(key: string): void {
    const old = this.checksums.get(key);
    if (old === undefined) return;
    this.checksums.delete(key);
    this.sum = (this.sum - old) & mask;
  }

  has(key: string): boolean {
    return this.checksums.has(key);
  }

  between(from: string, to: string): Iterable<string> {
    return this.checksums.between(from, to);
  }

  get size(): number {
    return this.checksums.size;
  }

  /** 16 bytes: number of entries, sum of checksums. */
  encode(): Uint8Array {
    const out = Buffer.alloc(16);
    out.writeBigUInt64BE(BigInt(this.checksums.size), 0);
    out.writeBigUInt64BE(this.sum, 8);
    return out;
  }
}

/** Where what is hashed stands together; larger values, which are few, get memory of their own. */
const scratch = new Uint8Array(256 * 1024);
const label = utf8('hypermesh journal ');
/** The checksum taken last, as it is stored. */
const latest = new Uint8Array(checksumBytes);
const latestView = new DataView(latest.buffer);

/** The first bytes of SHA-256 over `hypermesh journal KEY`, a zero byte, the value: a number. */
function checksumOf(key: string, value: Uint8Array): bigint {
  assert(value instanceof Uint8Array, () => `journal value of ${key} is bytes`);
  const start = label.length + key.length + 1;
  const sizeBytes = start + value.length;
  const input = sizeBytes > scratch.length ? new Uint8Array(sizeBytes) : scratch;
  input.set(label);
  // Keys are ASCII; what a damaged disk gives in place of one need only be told from it.
  for (let i = 0; i < key.length; i++) input[label.length + i] = key.charCodeAt(i);
  input[start - 1] = 0;
  input.set(value, start);
  const hash = sha256Characters(input.subarray(0, sizeBytes));
  for (let i = 0; i < checksumBytes; i++) latest[i] = hash.charCodeAt(i);
  return latestView.getBigUint64(0);
}

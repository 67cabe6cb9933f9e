import { assert } from '../base/assert.ts';
import { concatBytes } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
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
  return { stored: concatBytes(checksum, value), checksum: toBigInt(checksum) };
}

/** The value as it was sealed, or null if it is damaged. */
export function unseal(
  key: string,
  stored: Uint8Array,
): { value: Uint8Array; checksum: bigint } | null {
  if (stored.length < checksumBytes) return null;
  const value = stored.slice(checksumBytes);
  const checksum = checksumOf(key, value);
  if (Buffer.compare(checksum, stored.subarray(0, checksumBytes)) !== 0) return null;
  return { value, checksum: toBigInt(checksum) };
}

/** Count and sum of the checksums of a set of entries; the order of adding does not matter. */
export class Tally {
  private readonly checksums = new Shelves<bigint>();
  private sum = 0n;

  set(key: string, checksum: bigint): void {
    this.delete(key);
    this.checksums.set(key, checksum);
    this.sum = (this.sum + checksum) & mask;
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
const scratch = Buffer.alloc(256 * 1024);

/** SHA-256 over `hypermesh journal KEY`, a zero byte, and the value. */
function checksumOf(key: string, value: Uint8Array): Uint8Array {
  assert(value instanceof Uint8Array, `journal value of ${key} is bytes`);
  const label = `hypermesh journal ${key}\0`;
  const sizeBytes = label.length + value.length;
  const buffer = sizeBytes > scratch.length ? Buffer.alloc(sizeBytes) : scratch;
  buffer.write(label, 'latin1'); // keys are ASCII
  buffer.set(value, label.length);
  return sha256(buffer.subarray(0, sizeBytes)).subarray(0, checksumBytes);
}

function toBigInt(checksum: Uint8Array): bigint {
  return Buffer.from(checksum).readBigUInt64BE(0);
}

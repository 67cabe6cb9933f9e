import { assert } from '../base/assert.ts';
import type { JournalWrite } from './ports.ts';

const printable = /^[\x20-\x7e]{1,256}$/;
/** Keys found good lately: in virtual time all replicas of a cluster write the same ones. */
const good = new Set<string>();
const maxGood = 1024;

/**
 * What every journal asks of its keys: printable ASCII, so that bytewise order and the order of
 * JavaScript strings are one, and a journal may keep its own entries under other keys.
 */
export function checkKeys(write: JournalWrite): void {
  for (const { key } of write.puts) {
    if (good.has(key)) continue;
    assert(printable.test(key), () => `journal key ${JSON.stringify(key)}`);
    if (good.size >= maxGood) good.clear();
    good.add(key);
  }
}

/** The keys a journal holds. */
export interface HeldKeys {
  has(key: string): boolean;
  keys(): Iterable<string>;
}

/**
 * The keys that a write's delete ranges cover. Ranges of one key, which are most of them where
 * there are many keys, are looked up; only wider ones go through all that is held.
 */
export function* deletedKeys(held: HeldKeys, write: JournalWrite): Generator<string> {
  const wide: { from: string; to: string }[] = [];
  for (const range of write.deletes) {
    // Between a key and the key with a space behind it, which is the least octet, lies nothing.
    if (range.to !== `${range.from} `) wide.push(range);
    else if (held.has(range.from)) yield range.from;
  }
  if (wide.length === 0) return;
  for (const key of held.keys()) {
    if (wide.some(({ from, to }) => key >= from && key < to)) yield key;
  }
}

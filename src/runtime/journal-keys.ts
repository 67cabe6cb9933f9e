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
  /** Those with from ≤ key < to. */
  between(from: string, to: string): Iterable<string>;
}

/**
 * The keys that a write's delete ranges cover. Ranges of one key, which are most of them where
 * there are many keys, are looked up.
 */
export function* deletedKeys(held: HeldKeys, write: JournalWrite): Generator<string> {
  for (const { from, to } of write.deletes) {
    // Between a key and the key with a space behind it, which is the least octet, lies nothing.
    if (to !== onlyTo(from)) yield* held.between(from, to);
    else if (held.has(from)) yield from;
  }
}

/** The range that holds this key and no other ends here. */
function onlyTo(key: string): string {
  return `${key} `;
}

/** The range of one key, to be deleted. */
export function only(key: string): JournalWrite['deletes'][number] {
  return { from: key, to: onlyTo(key) };
}

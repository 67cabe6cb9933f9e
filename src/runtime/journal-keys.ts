import { assert } from '../base/assert.ts';
import type { JournalWrite } from './ports.ts';

/**
 * What every journal asks of its keys: printable ASCII, so that bytewise order and the order of
 * JavaScript strings are one, and a journal may keep its own entries under other keys.
 */
export function checkKeys(write: JournalWrite): void {
  for (const { key } of write.puts) {
    assert(/^[\x20-\x7e]{1,256}$/.test(key), `journal key ${JSON.stringify(key)}`);
  }
}

/** The keys that a write's delete ranges cover. */
export function* deletedKeys(keys: Iterable<string>, write: JournalWrite): Generator<string> {
  if (write.deletes.length === 0) return;
  for (const key of keys) {
    if (write.deletes.some(({ from, to }) => key >= from && key < to)) yield key;
  }
}

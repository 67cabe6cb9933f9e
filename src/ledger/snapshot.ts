import { concatBytes } from '../base/bytes.ts';
import { decode, Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import { limits } from './limits.ts';
import {
  compareKeys,
  emptyTree,
  type StateEntry,
  type StateTree,
  treeDigest,
  treeEntries,
  treePut,
} from './state-tree.ts';

/** The state at one moment: a pointer, so taking one costs nothing. */
export interface LedgerSnapshot {
  readonly tree: StateTree;
  readonly stateDigest: Digest;
}

const known = memo<readonly Uint8Array[]>();

/** All entries in the tree's order, in as few chunks of at most 256 KiB as that order allows. */
export function snapshotChunks({ tree }: LedgerSnapshot): readonly Uint8Array[] {
  let chunks = known.get(tree);
  if (chunks === undefined) {
    chunks = chunksOf(tree);
    known.set(tree, chunks);
  }
  return chunks;
}

function chunksOf(tree: StateTree): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (const entry of treeEntries(tree)) entries.push(encodeEntry(entry));
  return chunksFrom(entries);
}

export function encodeEntry({ key, value }: StateEntry): Uint8Array {
  return new Writer(value.length + key.length + 8).text(key).bytes(value).finishBrief();
}

/** Encoded entries, in the tree's order, as the chunks of a snapshot. */
export function chunksFrom(entries: readonly Uint8Array[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let sizeBytes = 4;
  const close = () => {
    chunks.push(concatBytes(new Writer(4).u32(parts.length).finish(), ...parts));
    parts = [];
    sizeBytes = 4;
  };
  for (const part of entries) {
    if (sizeBytes + part.length > limits.chunkBytes) close();
    parts.push(part);
    sizeBytes += part.length;
  }
  if (parts.length > 0) close();
  return chunks;
}

/** The tree the chunks hold, or null when they are malformed or give another digest. */
export function treeFromChunks(
  chunks: readonly Uint8Array[],
  stateDigest: Digest,
): StateTree | null {
  if (chunks.length > limits.chunks) return null;
  let tree = emptyTree;
  let last: string | null = null;
  for (const chunk of chunks) {
    const entries = decodeChunk(chunk);
    if (entries === null) return null;
    for (const { key, value } of entries) {
      // One state has one list of entries: nothing twice, nothing out of order.
      if (last !== null && compareKeys(last, key) >= 0) return null;
      last = key;
      tree = treePut(tree, key, value);
    }
  }
  return treeDigest(tree) === stateDigest ? tree : null;
}

function decodeChunk(chunk: Uint8Array): StateEntry[] | null {
  if (chunk.length > limits.chunkBytes) return null;
  const decoded = decode(chunk, (reader) =>
    reader.list(limits.chunkBytes / 8, 'entries', (r) => ({
      key: r.text(limits.keyBytes, 'key'),
      // A copy, so that one small value does not hold the whole chunk in memory.
      value: new Uint8Array(r.bytes(limits.valueBytes, 'value')),
    })),
  );
  return decoded.ok ? decoded.value : null;
}

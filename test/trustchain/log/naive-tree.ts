import { createHash } from 'node:crypto';

/**
 * RFC 6962 §2.1 read aloud: each definition as it stands there, over leaf data, with every hash
 * computed anew. Slow, and written without a look at the tree it is compared with.
 */
function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** MTH(D[n]). */
export function treeHash(data: readonly Uint8Array[]): Uint8Array {
  if (data.length === 0) return sha256();
  if (data.length === 1) return sha256(Uint8Array.of(0), data[0]!);
  const k = splitOf(data.length);
  return sha256(Uint8Array.of(1), treeHash(data.slice(0, k)), treeHash(data.slice(k)));
}

/** k, the largest power of two smaller than n. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** PATH(m, D[n]). */
export function path(m: number, data: readonly Uint8Array[]): Uint8Array[] {
  if (data.length === 1) return [];
  const k = splitOf(data.length);
  return m < k
    ? [...path(m, data.slice(0, k)), treeHash(data.slice(k))]
    : [...path(m - k, data.slice(k)), treeHash(data.slice(0, k))];
}

/** PROOF(m, D[n]) for 0 < m < n. */
export function proof(m: number, data: readonly Uint8Array[]): Uint8Array[] {
  return subproof(m, data, true);
}

function subproof(m: number, data: readonly Uint8Array[], known: boolean): Uint8Array[] {
  const n = data.length;
  if (m === n) return known ? [] : [treeHash(data)];
  const k = splitOf(n);
  return m <= k
    ? [...subproof(m, data.slice(0, k), known), treeHash(data.slice(k))]
    : [...subproof(m - k, data.slice(k), false), treeHash(data.slice(0, k))];
}

/**
 * The root a path leads to, by recursion from the top: which half a leaf is in says on which side
 * its sibling stands. Null when the path has another length than the tree.
 */
export function climb(
  leaf: Uint8Array,
  index: number,
  size: number,
  nodes: readonly Uint8Array[],
): Uint8Array | null {
  if (size === 1) return nodes.length === 0 ? leaf : null;
  const top = nodes.at(-1);
  if (top === undefined) return null;
  const k = splitOf(size);
  const rest = nodes.slice(0, -1);
  const below = index < k ? climb(leaf, index, k, rest) : climb(leaf, index - k, size - k, rest);
  if (below === null) return null;
  return index < k ? sha256(Uint8Array.of(1), below, top) : sha256(Uint8Array.of(1), top, below);
}

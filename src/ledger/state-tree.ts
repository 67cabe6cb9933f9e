import { equalBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import { type Digest, digestBytes, sha256 } from '../base/digest.ts';
import { limits } from './limits.ts';
import { branchHash, leafNodeHash, nodeHash, type Words } from './state-hashes.ts';

/**
 * The ledger's state as an immutable binary Merkle trie over the SHA-256 of the keys; a subtree
 * with one entry is that entry. Its shape, hence its digest, depends on the entries alone, never
 * on the order in which they came. A change copies the path to the root, so a snapshot is a
 * pointer; hashes are taken once, when a digest is asked for.
 *
 * Leaf: SHA-256(0x00 ‖ key hash ‖ SHA-256(value)); branch: SHA-256(0x01 ‖ left ‖ right); nothing:
 * 32 zero bytes.
 */
export interface StateTree {
  readonly root: Node | null;
  /** Once somebody asked for it. */
  digest?: Digest;
}

export interface Leaf {
  readonly type: 'leaf';
  readonly key: string;
  readonly keyHash: Uint8Array;
  readonly value: Uint8Array;
  hash: Words | null;
}

export interface Branch {
  readonly type: 'branch';
  readonly left: Node | null;
  readonly right: Node | null;
  hash: Words | null;
}

export type Node = Leaf | Branch;

export interface StateEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export const emptyTree: StateTree = { root: null };

/** Hashes of keys used lately: some, like the standing of each replica, are read at every batch. */
const keyHashes = new Map<string, Uint8Array>();
const maxKeyHashes = 8192;

/** Keys of the ledger's own are shorter; in three bytes a character each fits into the scratch. */
const shortKey = 200;
const keyScratch = Buffer.allocUnsafeSlow(3 * shortKey);

function shortKeyBytes(key: string): Uint8Array {
  return keyScratch.subarray(0, keyScratch.write(key));
}

function hashOfKey(key: string): Uint8Array {
  let hash = keyHashes.get(key);
  if (hash === undefined) {
    hash = sha256(key.length <= shortKey ? shortKeyBytes(key) : utf8(key));
    if (keyHashes.size >= maxKeyHashes) keyHashes.clear();
    keyHashes.set(key, hash);
  }
  return hash;
}

/** Bit `depth` of a key's hash, from the most significant: where the entry hangs at that level. */
function bitAt(keyHash: Uint8Array, depth: number): number {
  return ((keyHash[depth >>> 3] as number) >>> (7 - (depth & 7))) & 1;
}

/** 64 hex; all zeros for the empty state. */
export function treeDigest(tree: StateTree): Digest {
  tree.digest ??= toHex(nodeHash(tree.root).bytes);
  return tree.digest;
}

export function treeGet(tree: StateTree, key: string): Uint8Array | null {
  const keyHash = hashOfKey(key);
  let node = tree.root;
  for (let depth = 0; node?.type === 'branch'; depth++) {
    node = bitAt(keyHash, depth) === 0 ? node.left : node.right;
  }
  return node !== null && equalBytes(node.keyHash, keyHash) ? node.value : null;
}

/** The tree with `value` under `key`; `tree` itself stays as it is. */
export function treePut(tree: StateTree, key: string, value: Uint8Array): StateTree {
  const leaf: Leaf = { type: 'leaf', key, keyHash: hashOfKey(key), value, hash: null };
  return { root: putAt(tree.root, leaf, 0) };
}

function putAt(node: Node | null, leaf: Leaf, depth: number): Node {
  if (node === null) return leaf;
  if (node.type === 'leaf') {
    return equalBytes(node.keyHash, leaf.keyHash) ? leaf : part(node, leaf, depth);
  }
  return bitAt(leaf.keyHash, depth) === 0
    ? branch(putAt(node.left, leaf, depth + 1), node.right)
    : branch(node.left, putAt(node.right, leaf, depth + 1));
}

/** Branches down to the first bit in which two different leaves part. */
function part(a: Leaf, b: Leaf, depth: number): Branch {
  const bit = bitAt(a.keyHash, depth);
  if (bit !== bitAt(b.keyHash, depth)) return bit === 0 ? branch(a, b) : branch(b, a);
  const below = part(a, b, depth + 1);
  return bit === 0 ? branch(below, null) : branch(null, below);
}

function branch(left: Node | null, right: Node | null): Branch {
  return { type: 'branch', left, right, hash: null };
}

/** The tree without `key`; the same tree when there is no such entry. */
export function treeDelete(tree: StateTree, key: string): StateTree {
  const root = deleteAt(tree.root, hashOfKey(key), 0);
  return root === tree.root ? tree : { root };
}

function deleteAt(node: Node | null, keyHash: Uint8Array, depth: number): Node | null {
  if (node === null) return null;
  if (node.type === 'leaf') return equalBytes(node.keyHash, keyHash) ? null : node;
  const goLeft = bitAt(keyHash, depth) === 0;
  const before = goLeft ? node.left : node.right;
  const after = deleteAt(before, keyHash, depth + 1);
  if (after === before) return node;
  const left = goLeft ? after : node.left;
  const right = goLeft ? node.right : after;
  // A lone entry moves up, so that the shape is again the one its entries alone would give.
  if (left === null && right?.type !== 'branch') return right;
  if (right === null && left?.type !== 'branch') return left;
  return branch(left, right);
}

/** All entries by ascending hash of their keys. */
export function* treeEntries(tree: StateTree): Generator<StateEntry> {
  yield* entriesOf(tree.root);
}

function* entriesOf(node: Node | null): Generator<StateEntry> {
  if (node === null) return;
  if (node.type === 'leaf') {
    yield { key: node.key, value: node.value };
    return;
  }
  yield* entriesOf(node.left);
  yield* entriesOf(node.right);
}

/** Siblings from the root down: with the value, proof that the state holds it. Null: no entry. */
export function provePath(tree: StateTree, key: string): Uint8Array[] | null {
  const keyHash = hashOfKey(key);
  const path: Uint8Array[] = [];
  let node = tree.root;
  for (let depth = 0; node?.type === 'branch'; depth++) {
    const goLeft = bitAt(keyHash, depth) === 0;
    path.push(nodeHash(goLeft ? node.right : node.left).bytes);
    node = goLeft ? node.left : node.right;
  }
  return node !== null && equalBytes(node.keyHash, keyHash) ? path : null;
}

/** True when `path` leads from the entry to the state digest; all an outsider needs. */
export function verifyStatePath(
  stateDigest: Digest,
  key: string,
  value: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  const root = fromHex(stateDigest);
  if (root === null || path.length > limits.pathLength) return false;
  if (!path.every((sibling) => sibling.length === digestBytes)) return false;
  const keyHash = hashOfKey(key);
  let hash = leafNodeHash(keyHash, value);
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const sibling = path[depth] as Uint8Array;
    hash = bitAt(keyHash, depth) === 0 ? branchHash(hash, sibling) : branchHash(sibling, hash);
  }
  return equalBytes(hash, root);
}

/** Compares keys in the order of {@link treeEntries}: negative when `a` comes first. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(hashOfKey(a), hashOfKey(b));
}

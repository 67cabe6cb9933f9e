import { equalBytes } from '../../base/bytes.ts';
import { digestBytes } from '../../base/digest.ts';
import { nodeHash } from '../../base/merkle.ts';
import { emptyRoot } from './tree.ts';

/** What a tree head says of a tree. */
export interface TreeClaim {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * True when `path` shows that the tree `first` is the beginning of the tree `second` (the algorithm
 * of RFC 9162 §2.1.4.2, which accepts exactly the proofs of RFC 6962 §2.1.2). The empty tree begins
 * every other: it has one root and needs no path.
 */
export function verifyConsistency(
  first: TreeClaim,
  second: TreeClaim,
  path: readonly Uint8Array[],
): boolean {
  if (first.size > second.size || path.some(({ length }) => length !== digestBytes)) return false;
  if (first.size === second.size) return path.length === 0 && equalBytes(first.root, second.root);
  if (first.size === 0) return path.length === 0 && equalBytes(first.root, emptyRoot);
  const nodes = isPowerOfTwo(first.size) ? [first.root, ...path] : path;
  const start = nodes[0];
  if (start === undefined) return false;
  let position = first.size - 1;
  let last = second.size - 1;
  const up = (): void => {
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  };
  while (position % 2 === 1) up();
  let old = start;
  let all = start;
  for (const node of nodes.slice(1)) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      old = nodeHash(node, old);
      all = nodeHash(node, all);
      while (position % 2 === 0 && position !== 0) up();
    } else {
      all = nodeHash(all, node);
    }
    up();
  }
  return last === 0 && equalBytes(old, first.root) && equalBytes(all, second.root);
}

function isPowerOfTwo(size: number): boolean {
  return Number.isInteger(Math.log2(size));
}

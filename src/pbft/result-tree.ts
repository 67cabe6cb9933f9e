import { toHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import { leafHash, type MerkleTree, merkleTree } from '../base/merkle.ts';

const known = memo<MerkleTree>();

/** Built once: whoever ran the batch needs the root, and whoever answers for it the paths. */
function treeOf(results: readonly Uint8Array[]): MerkleTree {
  let tree = known.get(results);
  if (tree === undefined) {
    tree = merkleTree(results.map(leafHash));
    known.set(results, tree);
  }
  return tree;
}

/** RFC 6962 Merkle root over the results of a batch: what a result statement says of them. */
export function resultsRoot(results: readonly Uint8Array[]): Digest {
  return toHex(treeOf(results).root);
}

/** By place, the path from each result to {@link resultsRoot}. */
export function resultPaths(results: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  return treeOf(results).paths;
}

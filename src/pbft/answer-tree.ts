import { equalBytes } from '../base/bytes.ts';
import { leafHash, nodeHash } from '../base/merkle.ts';

/**
 * What is known of the Merkle tree under one root (RFC 6962 §2.1): the nodes of all paths that led
 * there. The answers of a batch come together and from every replica, and have most of their paths
 * in common: a path that meets a known node has only to agree with what stands above it.
 */
export class AnswerTree {
  private readonly root: Uint8Array;
  /** Leaves. */
  private readonly size: number;
  /** By level from the leaves up, and by place in it. Whatever is known, all on its path is. */
  private readonly levels: (Uint8Array | undefined)[][] = [];
  /** Results known to be leaves, by index. */
  private readonly results: (Uint8Array | undefined)[] = [];
  /** Nodes on the way up that are known once the way has led to the root. */
  private readonly climbed: Uint8Array[] = [];

  constructor(root: Uint8Array, size: number) {
    this.root = root;
    this.size = size;
  }

  /** True when `path` leads from `result`, as leaf `index`, to the root. */
  holds(index: number, result: Uint8Array, path: readonly Uint8Array[]): boolean {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) return false;
    const known = this.results[index];
    if (known !== undefined) return equalBytes(known, result) && this.agrees(index, path);
    if (!this.climb(index, leafHash(result), path)) return false;
    this.remember(index, path);
    this.results[index] = result;
    return true;
  }

  /** Climbs until a node is known; what stands above it then has to be the rest of the path. */
  private climb(index: number, leaf: Uint8Array, path: readonly Uint8Array[]): boolean {
    const { climbed, levels } = this;
    climbed.length = 0;
    let hash = leaf;
    let used = 0;
    let place = index;
    let count = this.size;
    for (let level = 0; count > 1; level++) {
      const known = levels[level]?.[place];
      if (known !== undefined) {
        return equalBytes(known, hash) && this.agreesFrom(level, place, count, path, used);
      }
      climbed.push(hash);
      const sibling = place ^ 1;
      // The last of an odd number stands on the next level as it is.
      if (sibling < count) {
        const other = path[used++];
        if (other?.length !== hash.length) return false;
        hash = sibling < place ? nodeHash(other, hash) : nodeHash(hash, other);
      }
      place >>>= 1;
      count = (count + 1) >>> 1;
    }
    return used === path.length && equalBytes(hash, this.root);
  }

  /** True when `path` is the one that led up from a known leaf. */
  private agrees(index: number, path: readonly Uint8Array[]): boolean {
    return this.agreesFrom(0, index, this.size, path, 0);
  }

  private agreesFrom(
    fromLevel: number,
    fromPlace: number,
    fromCount: number,
    path: readonly Uint8Array[],
    from: number,
  ): boolean {
    let used = from;
    let place = fromPlace;
    let count = fromCount;
    for (let level = fromLevel; count > 1; level++) {
      const sibling = place ^ 1;
      if (sibling < count) {
        const known = this.levels[level]?.[sibling];
        const other = path[used++];
        if (known === undefined || other === undefined || !equalBytes(known, other)) return false;
      }
      place >>>= 1;
      count = (count + 1) >>> 1;
    }
    return used === path.length;
  }

  private remember(index: number, path: readonly Uint8Array[]): void {
    const { climbed, levels } = this;
    let used = 0;
    let place = index;
    let count = this.size;
    for (let level = 0; level < climbed.length; level++) {
      let nodes = levels[level];
      if (nodes === undefined) {
        nodes = [];
        levels[level] = nodes;
      }
      nodes[place] = climbed[level];
      const sibling = place ^ 1;
      if (sibling < count) nodes[sibling] = path[used++];
      place >>>= 1;
      count = (count + 1) >>> 1;
    }
  }
}

import { equalBytes, toHex } from '../base/bytes.ts';
import { encodeEntry, type LedgerSnapshot } from './snapshot.ts';
import { nodeHash } from './state-hashes.ts';
import type { Leaf, Node, StateTree } from './state-tree.ts';

/** What turns the entries of one state into those of another. */
export interface StateChanges {
  /** Entries as chunks hold them, each under its place: the hash of its key, 64 hex. */
  readonly puts: readonly { readonly place: string; readonly entry: Uint8Array }[];
  /** Places that are empty now. */
  readonly deletes: readonly string[];
}

/** The last ones found: ledgers of one process come to the same checkpoint one after the other. */
let last: {
  readonly before: StateTree;
  readonly after: StateTree;
  readonly is: StateChanges;
} | null = null;

/**
 * Costs what changed, not what there is: subtrees with equal hashes hold the same entries, whoever
 * made them.
 */
export function stateChanges(before: StateTree, { tree: after }: LedgerSnapshot): StateChanges {
  if (last?.before === before && last.after === after) return last.is;
  const changes = new Changes();
  changes.between(before.root, after.root);
  last = { before, after, is: changes };
  return changes;
}

class Changes implements StateChanges {
  readonly puts: { readonly place: string; readonly entry: Uint8Array }[] = [];
  readonly deletes: string[] = [];

  between(before: Node | null, after: Node | null): void {
    if (before === after) return;
    if (before === null) return this.forEachLeaf(after, (leaf) => this.put(leaf));
    if (after === null) return this.forEachLeaf(before, (leaf) => this.delete(leaf));
    if (nodeHash(before).equals(nodeHash(after))) return;
    if (before.type === 'branch' && after.type === 'branch') {
      this.between(before.left, after.left);
      this.between(before.right, after.right);
      return;
    }
    this.betweenLeaves(before, after);
  }

  /** One of the two is a single entry, and the other, if it is more, may still hold it. */
  private betweenLeaves(before: Node, after: Node): void {
    const gone = new Map<string, Leaf>();
    this.forEachLeaf(before, (leaf) => gone.set(leaf.key, leaf));
    this.forEachLeaf(after, (leaf) => {
      const old = gone.get(leaf.key);
      gone.delete(leaf.key);
      if (old === undefined || !equalBytes(old.value, leaf.value)) this.put(leaf);
    });
    for (const leaf of gone.values()) this.delete(leaf);
  }

  private forEachLeaf(node: Node | null, act: (leaf: Leaf) => void): void {
    if (node === null) return;
    if (node.type === 'leaf') return act(node);
    this.forEachLeaf(node.left, act);
    this.forEachLeaf(node.right, act);
  }

  private put(leaf: Leaf): void {
    this.puts.push({ place: toHex(leaf.keyHash), entry: encodeEntry(leaf) });
  }

  private delete({ keyHash }: Leaf): void {
    this.deletes.push(toHex(keyHash));
  }
}

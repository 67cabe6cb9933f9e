import { equalBytes } from '../../base/bytes.ts';
import type { HashColumn } from './hash-column.ts';

/** In a free place of the table; so a log has fewer entries than this. */
const nobody = 0xffffffff;

/**
 * Finds a leaf by its hash: a table of open addressing over hashes kept elsewhere, at most half
 * full, so 8 to 16 bytes a leaf. Whoever fills the log could choose hashes that begin alike, but
 * must find them by trying: each certificate costs its vote.
 */
export class LeafIndex {
  private readonly leaves: HashColumn;
  private table = new Uint32Array(16).fill(nobody);

  constructor(leaves: HashColumn) {
    this.leaves = leaves;
  }

  /** The last leaf of the column takes its place; the first of equal ones is found. */
  addLast(): void {
    const { size } = this.leaves;
    if (2 * size > this.table.length) {
      this.table = new Uint32Array(2 * this.table.length).fill(nobody);
      for (let index = 0; index < size - 1; index++) this.place(index);
    }
    this.place(size - 1);
  }

  /** Null: no such leaf. */
  find(hash: Uint8Array): number | null {
    const mask = this.table.length - 1;
    const start = Buffer.from(hash.buffer, hash.byteOffset, hash.length).readUInt32BE(0);
    for (let slot = start & mask; ; slot = (slot + 1) & mask) {
      const index = this.table[slot] as number;
      if (index === nobody) return null;
      if (equalBytes(this.leaves.at(index), hash)) return index;
    }
  }

  private place(index: number): void {
    const mask = this.table.length - 1;
    let slot = this.leaves.prefix(index) & mask;
    while (this.table[slot] !== nobody) slot = (slot + 1) & mask;
    this.table[slot] = index;
  }
}

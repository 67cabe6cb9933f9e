import { assert } from '../../base/assert.ts';
import { digestBytes } from '../../base/digest.ts';

/** A growing row of hashes without an object for each: 32 bytes a hash, room doubled when full. */
export class HashColumn {
  private bytes = new Uint8Array(8 * digestBytes);
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(hash: Uint8Array): void {
    assert(hash.length === digestBytes, `a hash of ${hash.length} bytes`);
    const start = this.count * digestBytes;
    if (start === this.bytes.length) {
      const grown = new Uint8Array(2 * this.bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(hash, start);
    this.count += 1;
  }

  /** A view; nobody writes into it, and growing leaves it as it was. */
  at(index: number): Uint8Array {
    assert(index >= 0 && index < this.count, `hash ${index} of ${this.count}`);
    return this.bytes.subarray(index * digestBytes, (index + 1) * digestBytes);
  }

  /** The first four bytes of a hash as a number: as good as chance, and no view is made for it. */
  prefix(index: number): number {
    const start = index * digestBytes;
    const { bytes } = this;
    return (
      (((bytes[start] as number) << 24) |
        ((bytes[start + 1] as number) << 16) |
        ((bytes[start + 2] as number) << 8) |
        (bytes[start + 3] as number)) >>>
      0
    );
  }
}

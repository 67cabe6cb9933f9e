/**
 * A map by journal keys that finds those of a range without looking through all: keys stand on
 * shelves by what comes before their first slash, and a range seldom reaches beyond one. A journal
 * holds some hundred records that go at every checkpoint, and a state of tens of thousands of
 * entries that stay.
 */
export class Shelves<V> {
  private readonly byName = new Map<string, Map<string, V>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: string): V | undefined {
    return this.byName.get(shelfOf(key))?.get(key);
  }

  has(key: string): boolean {
    return this.byName.get(shelfOf(key))?.has(key) === true;
  }

  /** What stood there before is given back. */
  set(key: string, value: V): V | undefined {
    const name = shelfOf(key);
    let shelf = this.byName.get(name);
    if (shelf === undefined) {
      shelf = new Map();
      this.byName.set(name, shelf);
    }
    const before = shelf.size;
    const old = shelf.get(key);
    shelf.set(key, value);
    this.count += shelf.size - before;
    return old;
  }

  delete(key: string): void {
    if (this.byName.get(shelfOf(key))?.delete(key) === true) this.count--;
  }

  /** All, shelf by shelf. */
  *[Symbol.iterator](): Generator<[string, V]> {
    for (const shelf of this.byName.values()) yield* shelf;
  }

  /** Keys with from ≤ key < to. */
  *between(from: string, to: string): Generator<string> {
    const name = shelfOf(from);
    // Keys between two with the same beginning have it too.
    const isOnOne = name !== '' && name === shelfOf(to);
    for (const [each, shelf] of this.byName) {
      if (isOnOne && each !== name) continue;
      for (const key of shelf.keys()) if (key >= from && key < to) yield key;
    }
  }
}

function shelfOf(key: string): string {
  const slash = key.indexOf('/');
  return slash === -1 ? '' : key.slice(0, slash);
}

/** A map that forgets its oldest entry beyond `limit`: what a villain remembers is bounded too. */
export class Recent<K, V> {
  private readonly entries = new Map<K, V>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get(key: K): V | undefined {
    return this.entries.get(key);
  }

  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}

/** Names the slot of one view and sequence. */
export function slotKey(slot: { readonly view: number; readonly sequence: number }): string {
  return `${slot.view}/${slot.sequence}`;
}

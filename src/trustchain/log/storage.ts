/**
 * Where a log keeps its entries: records in a row that are never changed. The real one is a file of
 * room `runtime`.
 */
export interface LogStorage {
  /** Records that are durable; they have the indices below it. */
  readonly size: number;
  /**
   * Puts one record behind all others. Calls back once it is durable, in the order of the calls;
   * with an error if it is not: then none that follows is either.
   */
  append(record: Uint8Array, done: (error: Error | null) => void): void;
  /** A durable record, whole; throws an Error when the storage gives other bytes than it took. */
  read(index: number): Uint8Array;
}

/** For virtual time, and for whoever wants nothing to survive. */
export class MemoryLogStorage implements LogStorage {
  private readonly records: Uint8Array[] = [];

  get size(): number {
    return this.records.length;
  }

  append(record: Uint8Array, done: (error: Error | null) => void): void {
    this.records.push(record);
    done(null);
  }

  read(index: number): Uint8Array {
    const record = this.records[index];
    if (record === undefined) throw new Error(`log record ${index} of ${this.size}`);
    return record;
  }
}

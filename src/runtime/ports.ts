/**
 * The ports: everything a node takes from the world, as bytes and plain numbers. The simulator
 * implements them in virtual time, the other files of this room for real.
 */

/** Milliseconds since 1970 on this machine's own clock, which may be wrong. */
export interface Clock {
  nowMs(): number;
}

export interface Timers {
  /** Runs `callback` once after `delayMs`; the returned function cancels it (again: no effect). */
  after(delayMs: number, callback: () => void): () => void;
}

/** Names an endpoint on the network: `replica-0`, `client-2`. */
export type Address = string;

export function replicaAddress(index: number): Address {
  return `replica-${index}`;
}

/**
 * Authenticated, unreliable, unordered datagrams: `from` is proved by the link, nothing else is.
 */
export interface Network {
  /**
   * Hands over one frame (owned by the network from here on). Never blocks, may drop. `again`: a
   * copy of what may be under way, which a network with a queue need not put behind it.
   */
  send(to: Address, frame: Uint8Array, again?: boolean): void;
  /** As {@link send} to each of these; absent where that is all there is to it. */
  sendToAll?(to: readonly Address[], frame: Uint8Array): void;
  /** The one receiver of everything that arrives; called at most once, before the first send. */
  onFrame(receive: (from: Address, frame: Uint8Array) => void): void;
  /** The Ed25519 key that the link to `address` proved; absent or null where links prove none. */
  publicKeyOf?(address: Address): Uint8Array | null;
}

/** A write of several records, all or nothing. Keys sort bytewise. */
export interface JournalWrite {
  readonly puts: readonly { readonly key: string; readonly value: Uint8Array }[];
  /** Half-open key ranges to forget: from ≤ key < to. */
  readonly deletes: readonly { readonly from: string; readonly to: string }[];
}

/** An ordered key-value store that survives a crash. */
export interface Journal {
  /**
   * Calls back once the write is durable, in the order of the calls; with an error if it is not.
   */
  write(write: JournalWrite, done: (error: Error | null) => void): void;
  /** All entries in key order. Called once, before the first write. */
  load(done: (error: Error | null, entries: readonly JournalEntry[]) => void): void;
}

export interface JournalEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

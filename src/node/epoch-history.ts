import type { EpochChange } from '../ledger/epoch-change.ts';
import type { Address } from '../runtime/ports.ts';

/** Clients remembered; one that was forgotten is shown the epochs once more. */
const maxClients = 8192;

/**
 * The changes that began epochs 1, 2, …, for whoever is still in an older one: clients and replicas
 * that were away. Of clients it is known what each was shown, so that not every reply repeats it.
 */
export class EpochHistory {
  private readonly changes: EpochChange[] = [];
  /** The epoch that each client was shown last. */
  private readonly shown = new Map<Address, number>();

  /** What a journal held: the changes that began epochs 1, 2, …, without a gap. */
  load(changes: readonly EpochChange[]): void {
    for (const [i, change] of changes.entries()) this.set(i + 1, change);
  }

  set(epoch: number, change: EpochChange): void {
    this.changes[epoch - 1] = change;
  }

  /** What began `epoch`; null for epoch 0 and those that are still to come. */
  beginning(epoch: number): EpochChange | null {
    return this.changes[epoch - 1] ?? null;
  }

  /** What `client` was not shown of the epochs up to `epoch`; it counts as shown from now on. */
  unseen(client: Address, epoch: number): readonly EpochChange[] {
    const before = this.shown.get(client) ?? 0;
    if (before >= epoch) return [];
    this.shown.delete(client);
    this.shown.set(client, epoch);
    const oldest = this.shown.keys().next().value;
    if (this.shown.size > maxClients && oldest !== undefined) this.shown.delete(oldest);
    return this.changes.slice(before, epoch);
  }

  /** The client asks again: perhaps it could not read the answer, for want of an epoch. */
  forget(client: Address): void {
    this.shown.delete(client);
  }
}

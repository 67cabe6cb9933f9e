import { equalBytes } from '../base/bytes.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';

/**
 * Where the members of each membership epoch are reached. Processes keep their address for good
 * (validators of the first epoch, then standbys); their index changes with the epoch.
 */
export class Directory {
  private readonly epochs: EpochChain;
  private readonly participants: readonly Uint8Array[];
  private readonly behind: ReadonlyMap<Address, number>;
  /** By epoch; the indices of members that no process is known for stay empty. */
  private readonly known = new Map<number, readonly Address[]>();

  constructor(epochs: EpochChain, standbys: readonly Uint8Array[]) {
    this.epochs = epochs;
    this.participants = [...epochs.firstEpoch.validators.publicKeys, ...standbys];
    this.behind = new Map(this.participants.map((_, i) => [replicaAddress(i), i]));
  }

  get processes(): number {
    return this.participants.length;
  }

  /** The process behind a link, or null for a stranger's. */
  processBehind(from: Address): number | null {
    return this.behind.get(from) ?? null;
  }

  /** Addresses by replica index; none for an epoch that is not known. */
  members(epoch: number): readonly Address[] {
    let addresses = this.known.get(epoch);
    if (addresses === undefined) {
      const keys = this.epochs.at(epoch)?.validators.publicKeys ?? [];
      addresses = keys.map((key) => {
        const process = this.participants.findIndex((other) => equalBytes(other, key));
        return process < 0 ? '' : replicaAddress(process);
      });
      if (addresses.length > 0) this.known.set(epoch, addresses);
    }
    return addresses;
  }

  addressOf(epoch: number, replica: ReplicaIndex): Address | null {
    return this.members(epoch)[replica] ?? null;
  }
}

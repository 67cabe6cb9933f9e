import { replicaAddress } from '../runtime/ports.ts';
import type { Command } from './protocol.ts';

/** What is wrong with links and clocks now, in commands that tell a replica its share of it. */
export class FleetFaults {
  private readonly count: number;
  private group: ReadonlyMap<number, number> | null = null;
  private readonly linkLoss = new Map<string, { from: number; to: number; loss: number }>();
  private readonly clockOffsetMs = new Map<number, number>();

  /** `count`: replicas in all. */
  constructor(count: number) {
    this.count = count;
  }

  /** Groups that cannot reach each other; a replica in no group stands alone. */
  partition(groups: readonly (readonly number[])[]): void {
    this.group = new Map(groups.flatMap((members, i) => members.map((member) => [member, i])));
  }

  heal(): void {
    this.group = null;
  }

  setLinkLoss(from: number, to: number, loss: number): void {
    if (loss > 0) this.linkLoss.set(`${from}-${to}`, { from, to, loss });
    else this.linkLoss.delete(`${from}-${to}`);
  }

  setClockOffset(replica: number, offsetMs: number): void {
    this.clockOffsetMs.set(replica, offsetMs);
  }

  /** Peers that a partition keeps `replica` from. */
  cutOffOf(replica: number): Command {
    const { group } = this;
    const addresses: string[] = [];
    for (let other = 0; group !== null && other < this.count; other++) {
      const own = group.get(replica);
      const together = other === replica || (own !== undefined && own === group.get(other));
      if (!together) addresses.push(replicaAddress(other));
    }
    return { type: 'cutOff', addresses };
  }

  /** For a replica that begins now: everything that has gone wrong before. */
  commandsFor(replica: number): readonly Command[] {
    const commands: Command[] = [this.cutOffOf(replica)];
    for (const { from, to, loss } of this.linkLoss.values()) {
      if (from === replica) commands.push({ type: 'linkLoss', to: replicaAddress(to), loss });
    }
    const offsetMs = this.clockOffsetMs.get(replica);
    if (offsetMs !== undefined) commands.push({ type: 'clockOffset', offsetMs });
    return commands;
  }
}

import { maxFaulty, quorum } from '../pbft/quorum.ts';
import type { NetworkModel } from './network-model.ts';
import type { ReplicaHost } from './replica-host.ts';

/** How things stand outside the protocol, for checkers that promise liveness. */
export interface Circumstances {
  /** The network is whole and a quorum of correct replicas is up, with memory and right clocks. */
  readonly healthy: boolean;
  /** Healthy, no correct replica is missing at all, and no frame is lost. */
  readonly calm: boolean;
}

/** A clock further off than this share of the tolerated skew makes a replica count as missing. */
const tolerableSkew = 0.5;

/** `hosts`: those whose replicas vote now. */
export function circumstancesOf(
  network: NetworkModel,
  hosts: readonly ReplicaHost[],
  adversaries: ReadonlySet<number>,
  maxClockSkewMs: number,
): Circumstances {
  const n = hosts.length;
  let fit = 0;
  for (const host of hosts) {
    const inTime = Math.abs(host.clock.offset) <= maxClockSkewMs * tolerableSkew;
    if (!adversaries.has(host.index) && host.up && !host.lostDisk && inTime) fit++;
  }
  const liars = hosts.filter(({ index }) => adversaries.has(index)).length;
  const healthy = !network.faulty && fit >= quorum(n) && liars <= maxFaulty(n);
  return { healthy, calm: healthy && fit === n - liars && !network.lossy };
}

import type { Latency } from '../runtime/latency.ts';
import { replicaAddress } from '../runtime/ports.ts';
import type { Scenario } from './scenario.ts';

type Network = Pick<Scenario['network'], 'latency' | 'links'>;
type Longest = Pick<Latency, 'maxMs'>;

/** As much of a network as its longest delay needs. */
export interface LongestDelays {
  readonly latency: Longest;
  readonly links?: readonly { readonly latency: Longest }[];
}

/** The longest delay of any link: timeouts leave room for it. */
export function longestLatencyMs({ latency, links = [] }: LongestDelays): number {
  return Math.max(latency.maxMs, ...links.map((link) => link.latency.maxMs));
}

/**
 * Links whose latency is not everybody's, as `visit` is told of each direction of each; where two
 * entries name one link, the later one comes last.
 */
export function eachOwnLink(
  { links = [] }: Network,
  visit: (from: number, to: number, latency: Latency) => void,
): void {
  for (const { between, latency, oneWay } of links) {
    for (const a of between[0]) {
      for (const b of between[1]) {
        visit(a, b, latency);
        if (oneWay !== true) visit(b, a, latency);
      }
    }
  }
}

/** By address: the latency of what `replica` sends there, where it is not everybody's. */
export function latencyFrom(network: Network, replica: number): ReadonlyMap<string, Latency> {
  const own = new Map<string, Latency>();
  eachOwnLink(network, (from, to, latency) => {
    if (from === replica) own.set(replicaAddress(to), latency);
  });
  return own;
}

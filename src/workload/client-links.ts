import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { Address, Network, Timers } from '../runtime/ports.ts';
import { type IgnoredFrame, ValidationClient } from '../validation/client.ts';
import type { RetryPolicy } from '../validation/retry-policy.ts';
import { clientRandom } from './identity.ts';

/** Where client `client` is reached: the address its replies go to. */
export function clientAddress(client: number): Address {
  return `client-${client}`;
}

/** The validators of all clients of a workload, one link to the cluster each. */
export function clientValidators(options: {
  readonly clients: number;
  readonly seed: string | number;
  /** The link of one client, under its own address. */
  readonly network: (client: number) => Network;
  readonly timers: Timers;
  readonly epochs: EpochChain;
  readonly standbys: readonly Uint8Array[];
  readonly policy: RetryPolicy;
  readonly onIgnored?: (client: number, ignored: IgnoredFrame) => void;
}): ValidationClient[] {
  const { timers, epochs, standbys, policy, onIgnored } = options;
  return Array.from({ length: options.clients }, (_, client) => {
    return new ValidationClient({
      network: options.network(client),
      timers,
      random: clientRandom(options.seed, client).fork('retries'),
      epochs,
      standbys,
      policy,
      ...(onIgnored && { onIgnored: (ignored) => onIgnored(client, ignored) }),
    });
  });
}

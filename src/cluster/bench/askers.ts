import { Random } from '../../base/random.ts';
import type { EpochChain } from '../../ledger/epoch-chain.ts';
import { type KnownPeer, Libp2pNetwork } from '../../runtime/libp2p-network.ts';
import { systemTimers } from '../../runtime/system-timers.ts';
import type { Validator } from '../../runtime/validator.ts';
import { ValidationClient } from '../../validation/client.ts';
import { HttpValidator } from '../../validation/http-client.ts';
import { localhostHttpPolicy } from '../../validation/http-policy.ts';
import { connectionsPerEndpoint } from '../../validation/limits.ts';
import { localhostRetryPolicy, type RetryPolicy } from '../../validation/retry-policy.ts';

/** Links lose nothing while they stand, so asking again early would only add to the load. */
const policy: RetryPolicy = { ...localhostRetryPolicy, maxInFlight: 65_536, retryMs: 8000 };
/** No question comes twice: nothing is remembered. */
const httpPolicy = { ...localhostHttpPolicy, ...policy, cacheMs: 0 };
const linkedPollMs = 10;

/** What the clients of a measurement ask with: they take turns with these. */
export interface Askers {
  readonly validators: readonly Validator[];
  stop(): Promise<void>;
}

/** `links` clients of all replicas, linked with every one that is up. */
export async function linkUp(
  peers: readonly KnownPeer[],
  epochs: EpochChain,
  { seed, links }: { readonly seed: number; readonly links: number },
): Promise<Askers> {
  const networks = Array.from({ length: links }, (_, link) => {
    const secret = new Random(`${seed}/bench/link-${link}`).bytes(32);
    return new Libp2pNetwork({ seed: secret, listen: null, peers });
  });
  const validators = networks.map((network, link) => {
    const random = new Random(`${seed}/bench/retries-${link}`);
    return new ValidationClient({ network, timers: systemTimers, random, epochs, policy });
  });
  await Promise.all(networks.map((network) => network.start()));
  const up = peers.filter(({ multiaddr }) => multiaddr !== null).length;
  const linked = (network: Libp2pNetwork) =>
    network.peers.filter(({ connected }) => connected).length >= up;
  while (!networks.every(linked)) {
    await new Promise((resolve) => setTimeout(resolve, linkedPollMs));
  }
  return {
    validators,
    async stop() {
      for (const validator of validators) validator.stop();
      await Promise.all(networks.map((network) => network.stop()));
    },
  };
}

/**
 * A client for each door, over connections that are kept: a request more than there are connections
 * waits for one. Each asks its own node only, so that all nodes have the same to do.
 */
export function knockAt(doors: readonly string[], epochs: EpochChain, clients: number): Askers {
  const connections = Math.max(connectionsPerEndpoint, Math.ceil(clients / doors.length));
  const validators = doors.map((door) => {
    const options = { endpoints: [door], connection: { connections } };
    return new HttpValidator({ ...options, epochs, policy: httpPolicy });
  });
  return {
    validators,
    async stop() {
      await Promise.all(validators.map((validator) => validator.stop()));
    },
  };
}

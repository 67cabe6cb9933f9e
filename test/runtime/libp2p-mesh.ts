import { ed25519 } from '../../src/base/signature.ts';
import { Libp2pNetwork, type Libp2pNetworkOptions } from '../../src/runtime/libp2p-network.ts';
import { replicaAddress } from '../../src/runtime/ports.ts';
import type { Mesh } from './network-contract.ts';

export const loopback = '/ip4/127.0.0.1/tcp/0';

export function seedOf(index: number): Uint8Array {
  return new Uint8Array(32).fill(index + 1);
}

export function publicKeyOf(index: number): Uint8Array {
  return ed25519.signer(seedOf(index)).publicKey;
}

/** Polls, because the other side's events are not ours; the test's own timeout is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Replicas 0 to count − 1, listening on loopback, each told where the others are. */
export async function libp2pReplicas(
  count: number,
  options: Partial<Libp2pNetworkOptions> = {},
): Promise<Libp2pNetwork[]> {
  const indices = [...Array(count).keys()];
  const networks = indices.map((self) => {
    const peers = indices
      .filter((index) => index !== self)
      .map((index) => ({
        address: replicaAddress(index),
        publicKey: publicKeyOf(index),
        multiaddr: null,
      }));
    return new Libp2pNetwork({ seed: seedOf(self), listen: loopback, peers, ...options });
  });
  await Promise.all(networks.map((network) => network.start()));
  introduce(networks);
  return networks;
}

export function introduce(networks: readonly Libp2pNetwork[]): void {
  for (const [i, network] of networks.entries()) {
    for (const [j, other] of networks.entries()) {
      if (i !== j) network.setMultiaddr(replicaAddress(j), other.listeningMultiaddr as string);
    }
  }
}

export async function libp2pMesh(count: number): Promise<Mesh> {
  const networks = await libp2pReplicas(count);
  return {
    endpoints: networks.map((network, index) => ({ address: replicaAddress(index), network })),
    until,
    dispose: async () => {
      await Promise.all(networks.map((network) => network.stop()));
    },
  };
}

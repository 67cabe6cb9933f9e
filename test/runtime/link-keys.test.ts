import { afterEach, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { FaultyNetwork } from '../../src/runtime/faulty-network.ts';
import { Libp2pNetwork } from '../../src/runtime/libp2p-network.ts';
import { replicaAddress } from '../../src/runtime/ports.ts';
import { monotonicClock } from '../../src/runtime/system-clock.ts';
import { systemTimers } from '../../src/runtime/system-timers.ts';
import { libp2pReplicas, publicKeyOf, seedOf, until } from './libp2p-mesh.ts';

const running: Libp2pNetwork[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop()));
});

it('a link tells the key that Noise proved, of known peers and of strangers', async () => {
  const [replica] = (await libp2pReplicas(1)) as [Libp2pNetwork];
  const heardFrom: string[] = [];
  replica.onFrame((from) => heardFrom.push(from));
  const multiaddr = replica.listeningMultiaddr as string;
  const peers = [{ address: replicaAddress(0), publicKey: publicKeyOf(0), multiaddr }];
  const client = new Libp2pNetwork({ seed: seedOf(7), listen: null, peers });
  running.push(replica, client);
  client.onFrame(() => undefined);
  await client.start();
  client.send(replicaAddress(0), Uint8Array.of(1));
  await until(() => heardFrom.length > 0);
  const stranger = heardFrom[0] as string;
  expect(replica.publicKeyOf(stranger)).toEqual(publicKeyOf(7));
  expect(client.publicKeyOf(replicaAddress(0))).toEqual(publicKeyOf(0));
  expect(replica.publicKeyOf('nobody')).toBeNull();
  const world = { clock: monotonicClock, timers: systemTimers, random: new Random('links') };
  const faulty = new FaultyNetwork(replica, world);
  expect(faulty.publicKeyOf(stranger)).toEqual(publicKeyOf(7));
});

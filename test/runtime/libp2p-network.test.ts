import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, expect, test } from 'vitest';
import { createHost, meshProtocol } from '../../src/runtime/libp2p-host.ts';
import { Libp2pNetwork, type Libp2pNetworkOptions } from '../../src/runtime/libp2p-network.ts';
import { maxBytesAhead } from '../../src/runtime/limits.ts';
import { peerIdOf, privateKeyFromSeed } from '../../src/runtime/peer-identity.ts';
import { replicaAddress } from '../../src/runtime/ports.ts';
import { libp2pMesh, libp2pReplicas, loopback, publicKeyOf, seedOf, until } from './libp2p-mesh.ts';
import { networkContract } from './network-contract.ts';

networkContract('libp2p network', libp2pMesh);

const running: { stop(): Promise<unknown> | unknown }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function replicas(count: number, options?: Partial<Libp2pNetworkOptions>) {
  const networks = await libp2pReplicas(count, options);
  running.push(...networks);
  return networks;
}

function inbox(network: Libp2pNetwork): { from: string; text: string }[] {
  const list: { from: string; text: string }[] = [];
  network.onFrame((from, frame) => list.push({ from, text: Buffer.from(frame).toString() }));
  return list;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** A client: knows the replicas, listens nowhere. */
async function client(networks: readonly Libp2pNetwork[], seed: Uint8Array) {
  const peers = networks.map((network, index) => ({
    address: replicaAddress(index),
    publicKey: publicKeyOf(index),
    multiaddr: network.listeningMultiaddr,
  }));
  const network = new Libp2pNetwork({ seed, listen: null, peers });
  running.push(network);
  await network.start();
  return network;
}

test('the peer id of a replica follows from its public key', () => {
  const privateKey = privateKeyFromSeed(seedOf(3));
  expect(privateKey.publicKey.raw).toEqual(publicKeyOf(3));
  expect(peerIdOf(publicKeyOf(3))).toMatch(/^12D3KooW/);
});

test('a client that nobody knows is answered over the link it made', async () => {
  const networks = await replicas(2);
  const [a, b] = networks.map(inbox) as [ReturnType<typeof inbox>, ReturnType<typeof inbox>];
  const asker = await client(networks, seedOf(50));
  const answers = inbox(asker);
  asker.send('replica-0', bytes('ask'));
  asker.send('replica-1', bytes('ask'));
  await until(() => a.length === 1 && b.length === 1);
  const address = `peer-${peerIdOf(publicKeyOf(50))}`;
  expect(a[0]).toEqual({ from: address, text: 'ask' });
  networks[0]!.send(address, bytes('answer 0'));
  networks[1]!.send(address, bytes('answer 1'));
  await until(() => answers.length === 2);
  expect(answers.map(({ from }) => from).toSorted()).toEqual(['replica-0', 'replica-1']);
});

test('a client that left is forgotten, and frames to it are counted as dropped', async () => {
  const networks = await replicas(1);
  const [arrived] = networks.map(inbox);
  const asker = await client(networks, seedOf(51));
  asker.send('replica-0', bytes('ask'));
  await until(() => arrived!.length === 1);
  await asker.stop();
  await until(() => networks[0]!.peers.length === 0);
  networks[0]!.send(arrived![0]!.from, bytes('too late'));
  expect(networks[0]!.statistics).toMatchObject({ sent: 1, dropped: 1, delivered: 1 });
});

test('a peer that comes back on another port is found again', async () => {
  const [first, second] = (await replicas(2)) as [Libp2pNetwork, Libp2pNetwork];
  const before = inbox(second);
  first.send('replica-1', bytes('one'));
  await until(() => before.length === 1);
  await second.stop();
  await until(() => first.peers[0]?.connected === false);

  const peers = [
    { address: 'replica-0', publicKey: publicKeyOf(0), multiaddr: first.listeningMultiaddr },
  ];
  const reborn = new Libp2pNetwork({ seed: seedOf(1), listen: loopback, peers });
  running.push(reborn);
  const after = inbox(reborn);
  await reborn.start();
  first.setMultiaddr('replica-1', reborn.listeningMultiaddr as string);
  first.send('replica-1', bytes('two'));
  await until(() => after.length === 1);
  expect(after).toEqual([{ from: 'replica-0', text: 'two' }]);
});

test('an endpoint that holds another key is not taken for the peer', async () => {
  const [honest, impostor] = (await replicas(2)) as [Libp2pNetwork, Libp2pNetwork];
  const arrived = inbox(impostor);
  const peers = [
    // Replica 7 is said to live where replica 1 listens.
    { address: 'replica-7', publicKey: publicKeyOf(7), multiaddr: impostor.listeningMultiaddr },
  ];
  const caller = new Libp2pNetwork({ seed: seedOf(60), listen: null, peers });
  running.push(caller);
  await caller.start();
  caller.send('replica-7', bytes('secret'));
  await until(() => (caller.peers[0]?.lastError ?? null) !== null);
  expect(caller.peers[0]?.connected).toBe(false);
  expect(arrived).toEqual([]);
  expect(honest.peers.map(({ address }) => address)).toEqual(['replica-1']);
});

test('while a peer is away the oldest frames are dropped, and the newest arrive', async () => {
  const [first, second] = (await replicas(2, { maxQueuedFrames: 3 })) as [
    Libp2pNetwork,
    Libp2pNetwork,
  ];
  await second.stop();
  await until(() => first.peers[0]?.connected === false);
  for (const text of ['a', 'b', 'c', 'd', 'e']) first.send('replica-1', bytes(text));
  const peers = [
    { address: 'replica-0', publicKey: publicKeyOf(0), multiaddr: first.listeningMultiaddr },
  ];
  const reborn = new Libp2pNetwork({ seed: seedOf(1), listen: loopback, peers });
  running.push(reborn);
  const arrived = inbox(reborn);
  await reborn.start();
  await until(() => arrived.length === 3);
  expect(arrived.map(({ text }) => text)).toEqual(['c', 'd', 'e']);
  expect(first.statistics.dropped).toBe(2);
});

test('a copy of what was sent before is dropped where much waits for the peer', async () => {
  const [first, second] = (await replicas(2)) as [Libp2pNetwork, Libp2pNetwork];
  await second.stop();
  await until(() => first.peers[0]?.connected === false);
  const copy = () => first.send('replica-1', bytes('copy'), true);
  first.send('replica-1', new Uint8Array(maxBytesAhead));
  copy();
  expect(first.statistics.dropped).toBe(0);
  copy();
  expect(first.statistics.dropped).toBe(1);
  first.send('replica-1', bytes('news'));
  expect(first.statistics.dropped).toBe(1);
});

test('a refused peer is cut off at once, cannot come back, and is let in again later', async () => {
  const networks = (await replicas(2)) as [Libp2pNetwork, Libp2pNetwork];
  const [a, b] = networks.map(inbox) as [ReturnType<typeof inbox>, ReturnType<typeof inbox>];
  networks[1].send('replica-0', bytes('hello'));
  networks[0].send('replica-1', bytes('hello'));
  await until(() => a.length === 1 && b.length === 1);

  networks[0].setRefuse((address) => address === 'replica-1');
  await until(() => networks.every(({ peers }) => peers[0]?.connected === false));
  networks[1].send('replica-0', bytes('let me in'));
  await until(() => networks[1].peers[0]?.lastError !== null);
  expect(a).toHaveLength(1);
  networks[0].send('replica-1', bytes('not for you'));
  expect(networks[0].statistics.dropped).toBe(1);

  networks[0].setRefuse(() => false);
  networks[0].send('replica-1', bytes('welcome'));
  await until(() => a.length === 2 && b.length === 2);
  expect(b[1]).toEqual({ from: 'replica-0', text: 'welcome' });
  expect(a[1]).toEqual({ from: 'replica-1', text: 'let me in' });
});

test('what a peer had sent before it was refused is not heard after it', async () => {
  const networks = (await replicas(2)) as [Libp2pNetwork, Libp2pNetwork];
  const heard: string[] = [];
  networks[0].onFrame((_from, frame) => {
    heard.push(Buffer.from(frame).toString());
    networks[0].setRefuse(() => true);
  });
  // One turn, one write: they arrive together.
  for (const text of ['first', 'second', 'third']) networks[1].send('replica-0', bytes(text));
  await until(() => heard.length > 0 && networks[1].peers[0]?.connected === false);
  expect(heard).toEqual(['first']);
});

test('a peer that does not read costs bounded memory and then its oldest frames', async () => {
  const sloth = await createHost({
    privateKey: privateKeyFromSeed(seedOf(80)),
    listen: [loopback],
    gater: {},
  });
  running.push(sloth);
  await sloth.handle(meshProtocol, (stream) => stream.pause());
  await sloth.start();
  const where = String(sloth.getMultiaddrs()[0]?.decapsulate('/p2p'));
  const peers = [{ address: 'replica-9', publicKey: publicKeyOf(80), multiaddr: where }];
  const options = { seed: seedOf(81), listen: null, peers, maxQueuedBytes: 500_000 };
  const network = new Libp2pNetwork(options);
  running.push(network);
  await network.start();
  await until(() => {
    network.send('replica-9', new Uint8Array(50_000));
    return network.statistics.dropped > 10 && network.statistics.bytesSent > 0;
  });
  const { sent, dropped, bytesSent } = network.statistics;
  // What is not dropped waits in the queue or went into the stream's window.
  expect(sent - dropped).toBeLessThanOrEqual(Math.ceil((bytesSent + 500_000) / 50_000));
  expect(bytesSent).toBeLessThan(2_000_000);
});

test('frames beyond the limit are not sent', async () => {
  const networks = await replicas(2, { maxFrameBytes: 100 });
  const arrived = inbox(networks[1]!);
  networks[0]!.send('replica-1', new Uint8Array(101));
  networks[0]!.send('replica-1', new Uint8Array(100));
  await until(() => arrived.length === 1);
  expect(networks[0]!.statistics).toMatchObject({ sent: 2, dropped: 1, bytesSent: 101 });
});

test.each([
  { why: 'a frame longer than the limit', sent: [0xff, 0xff, 0xff, 0x7f] },
  { why: 'a length that never ends', sent: Array(20).fill(0xff) },
])('a peer that sends $why is disconnected and reported', async ({ sent }) => {
  const breaches: string[] = [];
  const onBreach = (address: string, reason: string) => breaches.push(`${address}: ${reason}`);
  const [network] = (await replicas(1, { onBreach, maxFrameBytes: 1000 })) as [Libp2pNetwork];
  const arrived = inbox(network);
  const rogue = await createHost({
    privateKey: privateKeyFromSeed(seedOf(70)),
    listen: [],
    gater: {},
  });
  running.push(rogue);
  await rogue.start();
  const where = `${network.listeningMultiaddr}/p2p/${peerIdOf(publicKeyOf(0))}`;
  const stream = await rogue.dialProtocol(multiaddr(where), meshProtocol);
  stream.send(Uint8Array.from([2, 65, 66]));
  await until(() => arrived.length === 1);
  stream.send(Uint8Array.from(sent as number[]));
  await until(() => breaches.length > 0 && rogue.getConnections().length === 0);
  expect(breaches).toHaveLength(1);
  expect(breaches[0]).toMatch(`peer-${peerIdOf(publicKeyOf(70))}: Message length`);
  expect(arrived).toEqual([{ from: expect.any(String), text: 'AB' }]);
});

test('a stopped network keeps no connection and no port', async () => {
  const networks = await replicas(3);
  const port = networks[0]!.listeningPort as number;
  await until(() => networks.every(({ peers }) => peers.every(({ connected }) => connected)));
  await Promise.all(networks.map((network) => network.stop()));
  networks[0]!.send('replica-1', bytes('nobody hears'));
  expect(networks[0]!.statistics.dropped).toBe(1);
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
});

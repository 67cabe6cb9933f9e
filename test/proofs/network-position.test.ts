import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record';
import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it } from 'vitest';
import { decode, Writer } from '../../src/base/codec.ts';
import { ed25519 } from '../../src/base/signature.ts';
import {
  type NetworkPosition,
  peerRecordEnvelope,
  positionFault,
  readPosition,
  signPosition,
  writePosition,
} from '../../src/proofs/network-position.ts';
import { privateKeyFromSeed } from '../../src/runtime/peer-identity.ts';
import { flip, testNode } from './fixtures.ts';

const { signer, nodeId } = testNode(1);
const where = ['/ip4/127.0.0.1/tcp/4001', '/ip6/fd00::1/tcp/65535'];
const addresses = where.map((address) => multiaddr(address).bytes);
const sequence = 1_700_000_000_123;
const good = signPosition(signer, sequence, addresses);

describe('a network position', () => {
  it.each([
    ['with two addresses', good, where],
    ['of a peer that only calls', signPosition(signer, 1, []), []],
    ['with a sequence of one byte', signPosition(signer, 127, addresses), where],
    ['with a sequence of two bytes', signPosition(signer, 128, addresses), where],
  ])('%s is the envelope that libp2p opens and certifies', async (_, position, named) => {
    const bytes = peerRecordEnvelope(nodeId, position);
    const envelope = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN);
    const record = PeerRecord.createFromProtobuf(envelope.payload);
    expect(record.peerId.equals(peerIdFromPublicKey(publicKeyFromRaw(nodeId)))).toBe(true);
    expect(record.multiaddrs.map(String)).toEqual(named);
    expect(record.seqNumber).toBe(BigInt(position.sequence));
    expect(envelope.publicKey.raw).toEqual(nodeId);
  });

  it('is, byte for byte, what libp2p seals itself', async () => {
    const key = privateKeyFromSeed(new Uint8Array(32).fill(1));
    const record = new PeerRecord({
      peerId: peerIdFromPublicKey(key.publicKey),
      multiaddrs: where.map((address) => multiaddr(address)),
      seqNumber: BigInt(sequence),
    });
    const sealed = await RecordEnvelope.seal(record, key);
    expect(new Uint8Array(sealed.marshal())).toEqual(peerRecordEnvelope(nodeId, good));
  });

  const unsigned = 'peer record not signed by the node key';
  it.each<[string, NetworkPosition, string | null]>([
    ['as it was signed', good, null],
    ['with the first sequence', signPosition(signer, 1, addresses), null],
    ['of another sequence', { ...good, sequence: sequence + 1 }, unsigned],
    ['without one of its addresses', { ...good, addresses: addresses.slice(1) }, unsigned],
    ['with its addresses swapped', { ...good, addresses: addresses.toReversed() }, unsigned],
    ['with a changed address', { ...good, addresses: [flip(addresses[0]!, 4)] }, unsigned],
    ['with a changed signature', { ...good, signature: flip(good.signature, 9) }, unsigned],
    ['signed by another', signPosition(testNode(2).signer, sequence, addresses), unsigned],
    ['without a sequence', signPosition(signer, 0, addresses), 'sequence from 1'],
  ])('%s is taken or refused as it should be', (_, position, fault) => {
    const found = positionFault(position, nodeId, ed25519);
    if (fault === null) expect(found).toBeNull();
    else expect(found).toContain(fault);
  });

  it('travels, with a flag where there is none', () => {
    for (const position of [good, null]) {
      const writer = new Writer();
      writePosition(writer, position);
      expect(decode(writer.finish(), readPosition)).toEqual({ ok: true, value: position });
    }
  });

  it.each([
    ['a flag of 2', Uint8Array.of(2), 'flag 2'],
    ['nine addresses', encoded(Array.from({ length: 9 }, () => new Uint8Array(4))), '9 items'],
    ['an address of 129 bytes', encoded([new Uint8Array(129)]), '129 bytes'],
  ])('of %s is not read', (_, bytes, reason) => {
    const decoded = decode(bytes, readPosition);
    expect(decoded.ok ? '' : decoded.reason).toContain(reason);
  });
});

function encoded(many: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  writePosition(writer, { ...good, addresses: many });
  return writer.finish();
}

/**
 * Where, on the network: the libp2p peer record (libp2p RFC 0003) that a node signed about itself,
 * in the signed envelope of RFC 0002. The node key is the peer's Ed25519 key, so the peer id
 * follows from it and the record here carries only what does not: a sequence, the addresses and
 * the signature. {@link peerRecordEnvelope} gives the bytes that any libp2p peer store takes.
 *
 * Proves: the holder of the node key named these addresses, and no newer record was registered;
 * and, to each replica that a registration reached straight from a client, that the connection
 * which brought it ended at the holder of that key (Noise proved it).
 *
 * Does not prove: that the peer listens there, or ever did; that it is near; that another replica,
 * which had it from a peer, saw that connection too. A record without addresses is that of a peer
 * that only calls.
 */
import { concatBytes, utf8 } from '../base/bytes.ts';
import type { Reader, Writer } from '../base/codec.ts';
import { maxSignatureBytes, type SignatureScheme, type Signer } from '../base/signature.ts';
import { limits } from './limits.ts';

export interface NetworkPosition {
  /** Of the records of one peer the highest counts; from 1. */
  readonly sequence: number;
  /** Multiaddrs in binary, at most 8 of at most 128 bytes. */
  readonly addresses: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

const domain = utf8('libp2p-peer-record');
/** `libp2p-peer-record` in the table of multicodecs. */
const payloadType = Uint8Array.of(3, 1);

/** Unsigned LEB128, as protocol buffers and libp2p write lengths. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function prefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes(varint(bytes.length), bytes);
}

/** A length-delimited field of a protocol buffer. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(number * 8 + 2), prefixed(bytes));
}

/** libp2p's `PublicKey { type: Ed25519, data }`. */
function publicKeyMessage(nodeId: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(8, 1), field(2, nodeId));
}

/** Peer id of an Ed25519 key: the identity multihash of its `PublicKey`. */
function peerId(nodeId: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0), prefixed(publicKeyMessage(nodeId)));
}

/** libp2p's `PeerRecord { peer_id, seq, addresses }`. */
function peerRecord(
  nodeId: Uint8Array,
  sequence: number,
  addresses: readonly Uint8Array[],
): Uint8Array {
  return concatBytes(
    field(1, peerId(nodeId)),
    Uint8Array.of(2 * 8),
    varint(sequence),
    ...addresses.map((address) => field(3, field(1, address))),
  );
}

function signedBytes(payload: Uint8Array): Uint8Array {
  return concatBytes(prefixed(domain), prefixed(payloadType), prefixed(payload));
}

/** The signer's own record. `sequence` grows with every record of a peer: milliseconds do. */
export function signPosition(
  signer: Signer,
  sequence: number,
  addresses: readonly Uint8Array[],
): NetworkPosition {
  const payload = peerRecord(signer.publicKey, sequence, addresses);
  return { sequence, addresses, signature: signer.sign(signedBytes(payload)) };
}

/** Why this is no record that the node signed; null when it is. */
export function positionFault(
  { sequence, addresses, signature }: NetworkPosition,
  nodeId: Uint8Array,
  scheme: SignatureScheme,
): string | null {
  if (sequence < 1) return 'position: sequence from 1';
  const payload = peerRecord(nodeId, sequence, addresses);
  return scheme.verify(nodeId, signedBytes(payload), signature)
    ? null
    : 'position: peer record not signed by the node key';
}

/** The signed envelope as libp2p marshals it. */
export function peerRecordEnvelope(nodeId: Uint8Array, position: NetworkPosition): Uint8Array {
  const { sequence, addresses, signature } = position;
  return concatBytes(
    field(1, publicKeyMessage(nodeId)),
    field(2, payloadType),
    field(3, peerRecord(nodeId, sequence, addresses)),
    field(5, signature),
  );
}

/** A flag, then the record where there is one. */
export function writePosition(writer: Writer, position: NetworkPosition | null): void {
  writer.u8(position === null ? 0 : 1);
  if (position === null) return;
  const { sequence, addresses, signature } = position;
  writer.u53(sequence).list(addresses, (w, address) => w.bytes(address));
  writer.bytes(signature);
}

export function readPosition(reader: Reader): NetworkPosition | null {
  const flag = reader.u8('position');
  if (flag > 1) reader.fail(`position: flag ${flag}, 0 or 1 wanted`);
  if (flag === 0) return null;
  return {
    sequence: reader.u53('position.sequence'),
    addresses: reader.list(limits.positionAddresses, 'position.addresses', (r) =>
      r.bytes(limits.positionAddressBytes, 'position.addresses'),
    ),
    signature: reader.bytes(maxSignatureBytes, 'position.signature'),
  };
}

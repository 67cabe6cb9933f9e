import { concatBytes } from '../base/bytes.ts';
import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import { type Digest, digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import { publicKeyBytes } from '../base/signature.ts';
import { labelBytes } from './label-tree.ts';
import { limits } from './limits.ts';
import type {
  Beacon,
  CertificateRequest,
  CertificateSubject,
  ProofSet,
  Requirements,
} from './request.ts';
import type { SpaceProof } from './space.ts';
import type { StakeProof } from './stake.ts';
import { type TimeProof, timeNonceBytes } from './time.ts';
import type { WorkProof } from './work.ts';

const requestIdPattern = /^[A-Za-z0-9._-]{1,64}$/;
const namePattern = /^[A-Za-z0-9._*:-]{1,253}$/;
const ipv6Pattern = /^[0-9A-Fa-f:.]{2,45}$/;

/** What is wrong with the subject's shape, naming the field; null when nothing is. */
export function subjectFault(subject: CertificateSubject): string | null {
  const { requestId, commonName, sanEntries, ipv6Addresses, nodeId, publicKey } = subject;
  if (!requestIdPattern.test(requestId)) return 'requestId: 1 to 64 of [A-Za-z0-9._-]';
  if (!namePattern.test(commonName)) return 'commonName: 1 to 253 of [A-Za-z0-9._*:-]';
  if (sanEntries.length > limits.sanEntries) return `sanEntries: at most ${limits.sanEntries}`;
  const san = sanEntries.findIndex((entry) => !namePattern.test(entry));
  if (san >= 0) return `sanEntries[${san}]: 1 to 253 of [A-Za-z0-9._*:-]`;
  if (ipv6Addresses.length > limits.ipv6Addresses) {
    return `ipv6Addresses: at most ${limits.ipv6Addresses}`;
  }
  const address = ipv6Addresses.findIndex((entry) => !ipv6Pattern.test(entry));
  if (address >= 0) return `ipv6Addresses[${address}]: 2 to 45 of [0-9A-Fa-f:.]`;
  if (nodeId.length !== publicKeyBytes) return `nodeId: ${publicKeyBytes} bytes`;
  if (publicKey.length === 0 || publicKey.length > limits.publicKeyBytes) {
    return `publicKey: 1 to ${limits.publicKeyBytes} bytes`;
  }
  if (subject.requirements !== null && subject.requirements.minimumComputeBits > limits.workBits) {
    return `requirements.minimumComputeBits: at most ${limits.workBits}`;
  }
  return null;
}

function writeRequirements(writer: Writer, requirements: Requirements): void {
  writer
    .u53(requirements.minimumStake)
    .u53(requirements.maxTimeOffsetMs)
    .u53(requirements.minimumStorageBytes)
    .u8(requirements.minimumComputeBits);
}

function readRequirements(reader: Reader): Requirements {
  return {
    minimumStake: reader.u53('requirements.minimumStake'),
    maxTimeOffsetMs: reader.u53('requirements.maxTimeOffsetMs'),
    minimumStorageBytes: reader.u53('requirements.minimumStorageBytes'),
    minimumComputeBits: reader.u8('requirements.minimumComputeBits'),
  };
}

/** A flag byte for what may be null: one encoding for each value. */
function readPresent(reader: Reader, what: string): boolean {
  const flag = reader.u8(what);
  if (flag > 1) reader.fail(`${what}: flag ${flag}, 0 or 1 wanted`);
  return flag === 1;
}

/**
 * What subjects and proofs that were decoded were decoded from. An encoding is canonical, so these
 * are the bytes that encoding them again would give: whoever changes one makes a new object.
 */
const encodings = memo<Uint8Array>();

/** The bytes of `what` as they were read, or as `encode` writes them. */
function encodingOf<T extends object>(what: T, encode: (what: T) => Uint8Array): Uint8Array {
  return encodings.get(what) ?? encode(what);
}

/** Reads with `read`, and remembers what was read from which bytes. */
function reading<T extends object>(reader: Reader, read: (reader: Reader) => T): T {
  const from = reader.mark();
  const what = read(reader);
  encodings.set(what, reader.since(from));
  return what;
}

function encodeSubject(subject: CertificateSubject): Uint8Array {
  const writer = new Writer(512)
    .text(subject.requestId)
    .text(subject.commonName)
    .list(subject.sanEntries, (w, entry) => w.text(entry))
    .fixed(subject.nodeId)
    .list(subject.ipv6Addresses, (w, entry) => w.text(entry))
    .bytes(subject.publicKey)
    .u53(subject.notAfterMs)
    .u8(subject.tbsDigest === null ? 0 : 1);
  if (subject.tbsDigest !== null) writer.digest(subject.tbsDigest);
  writer.u8(subject.requirements === null ? 0 : 1);
  if (subject.requirements !== null) writeRequirements(writer, subject.requirements);
  return writer.finish();
}

function readSubjectFields(reader: Reader): CertificateSubject {
  const subject: CertificateSubject = {
    requestId: reader.text(limits.requestIdBytes, 'requestId'),
    commonName: reader.text(limits.nameBytes, 'commonName'),
    sanEntries: reader.list(limits.sanEntries, 'sanEntries', (r) =>
      r.text(limits.nameBytes, 'sanEntries'),
    ),
    nodeId: reader.fixed(publicKeyBytes, 'nodeId'),
    ipv6Addresses: reader.list(limits.ipv6Addresses, 'ipv6Addresses', (r) =>
      r.text(limits.ipv6Bytes, 'ipv6Addresses'),
    ),
    publicKey: reader.bytes(limits.publicKeyBytes, 'publicKey'),
    notAfterMs: reader.u53('notAfterMs'),
    tbsDigest: readPresent(reader, 'tbsDigest') ? reader.digest('tbsDigest') : null,
    requirements: readPresent(reader, 'requirements') ? readRequirements(reader) : null,
  };
  const fault = subjectFault(subject);
  if (fault !== null) reader.fail(fault);
  return subject;
}

/** As it was read, or as it is written. */
export function subjectBytes(subject: CertificateSubject): Uint8Array {
  return encodingOf(subject, encodeSubject);
}

export function readSubject(reader: Reader): CertificateSubject {
  return reading(reader, readSubjectFields);
}

export function writeBeacon(writer: Writer, beacon: Beacon): void {
  writer.u53(beacon.epoch).digest(beacon.value);
}

export function readBeacon(reader: Reader): Beacon {
  return { epoch: reader.u53('beacon.epoch'), value: reader.digest('beacon.value') };
}

export function writeSpace(writer: Writer, space: SpaceProof): void {
  writer
    .digest(space.root)
    .u32(space.labels)
    .u32(space.scaleFactor)
    .list(space.opened, (w, label) => w.fixed(label))
    .row(space.siblings, labelBytes);
}

export function readSpace(reader: Reader): SpaceProof {
  return {
    root: reader.digest('space.root'),
    labels: reader.u32('space.labels'),
    scaleFactor: reader.u32('space.scaleFactor'),
    opened: reader.list(limits.openedLabels, 'space.opened', (r) => r.fixed(32, 'space.opened')),
    siblings: reader.row(limits.siblings, labelBytes, 'space.siblings'),
  };
}

export function writeStake(writer: Writer, { account, amount, commitment }: StakeProof): void {
  writer.fixed(account).u53(amount).digest(commitment);
}

export function readStake(reader: Reader): StakeProof {
  return {
    account: reader.fixed(publicKeyBytes, 'stake.account'),
    amount: reader.u53('stake.amount'),
    commitment: reader.digest('stake.commitment'),
  };
}

function encodeProofs({ space, stake, work, time }: ProofSet): Uint8Array {
  const writer = new Writer(4096);
  writeSpace(writer, space);
  writeStake(writer, stake);
  writer.u53(work.nonce);
  writer.u53(time.timestamp);
  writeBeacon(writer, time.beacon);
  writer.u53(time.sequence).fixed(time.nonce);
  return writer.finish();
}

function readProofs(reader: Reader): ProofSet {
  const space = readSpace(reader);
  const stake = readStake(reader);
  const work: WorkProof = { nonce: reader.u53('work.nonce') };
  const time: TimeProof = {
    timestamp: reader.u53('time.timestamp'),
    beacon: readBeacon(reader),
    sequence: reader.u53('time.sequence'),
    nonce: reader.fixed(timeNonceBytes, 'time.nonce'),
  };
  return { space, stake, work, time };
}

/** Covers every field of the subject: what the four proofs are made for. */
export function requestHash(subject: CertificateSubject): Digest {
  return digest('hypermesh/subject', subjectBytes(subject));
}

/** What the node key signs: H(domain ‖ chain id ‖ subject ‖ proofs), lengths before both. */
export function signedRequestBytes(
  chainId: Digest,
  subject: CertificateSubject,
  proofs: ProofSet,
): Uint8Array {
  return Writer.hashing('hypermesh/request-signature')
    .digest(chainId)
    .bytes(subjectBytes(subject))
    .bytes(encodingOf(proofs, encodeProofs))
    .toHash();
}

/** The canonical bytes of a request; {@link decodeRequest} accepts no others. */
export function encodeRequest(request: CertificateRequest): Uint8Array {
  return concatBytes(
    encodeSubject(request.subject),
    encodeProofs(request.proofs),
    new Writer(72).bytes(request.signature).finish(),
  );
}

export function readRequest(reader: Reader): CertificateRequest {
  return {
    subject: readSubject(reader),
    proofs: reading(reader, readProofs),
    signature: reader.bytes(limits.signatureBytes, 'signature'),
  };
}

export function decodeRequest(bytes: Uint8Array): Decoded<CertificateRequest> {
  return decode(bytes, readRequest);
}

/**
 * A second verifier, written from the words of the docs (the headers of the proof files and the
 * comments on their formats) and not from their code, slow and plain on purpose. It shares types
 * with the rooms it judges and nothing else: its own encoding, hashing, drawing and trees.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import type {
  Beacon,
  CertificateRequest,
  ProvenSubject,
  Requirements,
} from '../../src/proofs/request.ts';
import type { RequestBatch } from '../../src/proofs/request-batch.ts';
import type { SpaceProof } from '../../src/proofs/space.ts';

/** The world a request is judged in, as a bookkeeper would write it down. */
export interface NaiveWorld {
  chainId: string;
  requirements: Requirements;
  nowMs: number;
  beacons: Beacon[];
  /** By node key in hex, all of them. */
  accounts: Map<
    string,
    { active: boolean; locked: number; sinceMs: number; untilMs: number; suffix: string }
  >;
  plots: Map<string, { root: string; labels: number; scaleFactor: number }>;
  voters: Set<string>;
  usedSequences: Map<string, Set<number>>;
  usedIds: Set<string>;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => Buffer.from(text, 'hex');
const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const tagged = (tag: string, ...parts: Uint8Array[]) => sha(Buffer.from(`${tag}\0`), ...parts);

function number(value: number, sizeBytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(sizeBytes * 2, '0'), 'hex');
}

const prefixed = (bytes: Uint8Array) => Buffer.concat([number(bytes.length, 4), bytes]);
const listed = (items: Uint8Array[]) => Buffer.concat([number(items.length, 4), ...items]);
const worded = (items: readonly string[]) => listed(items.map((t) => prefixed(Buffer.from(t))));

function subjectBytes({ subject }: ProvenSubject): Buffer {
  const wish = subject.requirements;
  return Buffer.concat([
    prefixed(Buffer.from(subject.requestId)),
    prefixed(Buffer.from(subject.commonName)),
    worded(subject.sanEntries),
    subject.nodeId,
    worded(subject.ipv6Addresses),
    prefixed(subject.publicKey),
    number(subject.notAfterMs, 8),
    subject.tbsDigest === null ? number(0, 1) : Buffer.from(`01${subject.tbsDigest}`, 'hex'),
    wish === null
      ? number(0, 1)
      : Buffer.concat([
          number(1, 1),
          number(wish.minimumStake, 8),
          number(wish.maxTimeOffsetMs, 8),
          number(wish.minimumStorageBytes, 8),
          number(wish.minimumComputeBits, 1),
        ]),
  ]);
}

/** Hashes of 32 bytes stand side by side. */
function siblingsOf({ siblings }: SpaceProof): Uint8Array[] {
  const count = siblings.length / 32;
  return Array.from({ length: count }, (_, i) => siblings.slice(i * 32, i * 32 + 32));
}

function spaceBytes({ proofs: { space } }: ProvenSubject): Buffer {
  return Buffer.concat([
    unhex(space.root),
    number(space.labels, 4),
    number(space.scaleFactor, 4),
    listed([...space.opened]),
    listed(siblingsOf(space)),
  ]);
}

function proofBytes(request: CertificateRequest): Buffer {
  const { stake, work, time } = request.proofs;
  return Buffer.concat([
    spaceBytes(request),
    stake.account,
    number(stake.amount, 8),
    unhex(stake.commitment),
    number(work.nonce, 8),
    number(time.timestamp, 8),
    number(time.beacon.epoch, 8),
    unhex(time.beacon.value),
    number(time.sequence, 8),
    time.nonce,
  ]);
}

function signatureHolds(request: CertificateRequest, chainId: string): boolean {
  const signed = tagged(
    'hypermesh/request-signature',
    unhex(chainId),
    prefixed(subjectBytes(request)),
    prefixed(proofBytes(request)),
  );
  return signedBy(request.subject.nodeId, signed, request.signature);
}

function signedBy(key: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') };
  try {
    return verify(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), signature);
  } catch {
    return false; // no point on the curve
  }
}

/** Bit by bit, as a reader would count zeros on paper. */
function zeroBits(hash: Uint8Array): number {
  const bits = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.indexOf('1') === -1 ? bits.length : bits.indexOf('1');
}

function positions(context: Uint8Array, count: number, below: number): number[] {
  const found: number[] = [];
  for (let counter = 0; found.length < count; counter++) {
    const block = tagged('hypermesh/positions', context, number(counter, 4));
    for (let word = 0; word < 8; word++) {
      const position = block.readUInt32BE(word * 4) % below;
      if (found.length < count && !found.includes(position)) found.push(position);
    }
  }
  return found.sort((a, b) => a - b);
}

/** Writes down which hashes are needed, level by level, then rebuilds the root recursively. */
function openingsLead(
  { proofs: { space } }: ProvenSubject,
  context: Uint8Array,
  wanted: number,
): boolean {
  const { labels } = space;
  const size = [128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].includes(labels);
  if (!size || space.opened.length !== wanted) return false;
  const at = positions(context, wanted, labels);
  const known = new Map<string, Uint8Array>();
  at.forEach((position, i) => {
    known.set(`0/${position}`, sha(number(0, 1), space.opened[i] as Uint8Array));
  });
  const given = siblingsOf(space);
  let have = new Set(at);
  for (let level = 0; 2 ** level < labels; level++) {
    const needed = [...have].map((i) => (i % 2 === 0 ? i + 1 : i - 1)).filter((i) => !have.has(i));
    for (const i of needed.sort((a, b) => a - b)) {
      const sibling = given.shift();
      if (sibling === undefined) return false;
      known.set(`${level}/${i}`, sibling);
    }
    have = new Set([...have].map((i) => Math.floor(i / 2)));
  }
  if (given.length > 0) return false;
  const nodeAt = (level: number, i: number): Uint8Array =>
    known.get(`${level}/${i}`) ??
    sha(number(1, 1), nodeAt(level - 1, 2 * i), nodeAt(level - 1, 2 * i + 1));
  return hex(nodeAt(Math.log2(labels), 0)) === space.root;
}

function contextOf({ subject, proofs: { time } }: ProvenSubject, hash: Buffer, chainId: string) {
  return tagged(
    'hypermesh/proof-context',
    unhex(chainId),
    number(time.beacon.epoch, 8),
    unhex(time.beacon.value),
    subject.nodeId,
    hash,
  );
}

const hashOf = (request: ProvenSubject) => tagged('hypermesh/subject', subjectBytes(request));

/** Names of the proofs that fail, in alphabetical order. */
export function naiveFailures(request: CertificateRequest, world: NaiveWorld): string[] {
  const signed = signatureHolds(request, world.chainId);
  const context = contextOf(request, hashOf(request), world.chainId);
  return failuresOf(request, world, signed, openingsLead(request, context, 4));
}

/** RFC 6962 §2.1 over hashed leaves, by its own words. */
function treeHash(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(number(1, 1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/**
 * For each request of the batch what fails, in alphabetical order. What one uses up is booked in
 * `world` before the next is judged, and nothing is where the batch is not signed.
 */
export function naiveBatchFailures(batch: RequestBatch, world: NaiveWorld): string[][] {
  const { requests, signature } = batch;
  const [first] = requests as [ProvenSubject];
  const leaves = requests.map((request) => {
    const { stake, work, time } = request.proofs;
    return tagged(
      'hypermesh/batched-request',
      hashOf(request),
      stake.account,
      number(stake.amount, 8),
      unhex(stake.commitment),
      number(work.nonce, 8),
      number(time.timestamp, 8),
      number(time.sequence, 8),
      time.nonce,
    );
  });
  const hash = tagged('hypermesh/request-batch', number(requests.length, 4), treeHash(leaves));
  const context = contextOf(first, hash, world.chainId);
  const toBeSigned = tagged('hypermesh/request-batch-signature', context, spaceBytes(first));
  const signed = signedBy(first.subject.nodeId, toBeSigned, signature);
  const opened = openingsLead(first, context, Math.min(4 * requests.length, 66));
  return requests.map((request) => {
    const failed = failuresOf(request, world, signed, opened);
    if (signed) book(request, world);
    return failed;
  });
}

/** What a request that its node signed uses up. */
export function book({ subject, proofs }: ProvenSubject, world: NaiveWorld): void {
  const node = hex(subject.nodeId);
  world.usedSequences.get(node)?.add(proofs.time.sequence);
  world.usedIds.add(`${node}/${subject.requestId}`);
}

function failuresOf(
  request: ProvenSubject,
  world: NaiveWorld,
  signed: boolean,
  opened: boolean,
): string[] {
  const { subject, proofs } = request;
  const { space, stake, work, time } = proofs;
  const node = hex(subject.nodeId);
  const wish = subject.requirements ?? world.requirements;
  const context = contextOf(request, hashOf(request), world.chainId);
  const failed = new Set<string>();
  const rule = (proof: string, holds: boolean) => {
    if (!holds) failed.add(proof);
  };

  rule('signature', signed);

  const bits = Math.max(world.requirements.minimumComputeBits, wish.minimumComputeBits);
  rule('work', zeroBits(sha(context, number(work.nonce, 8))) >= bits);

  const offsetMs = Math.min(world.requirements.maxTimeOffsetMs, wish.maxTimeOffsetMs);
  rule('time', Math.abs(time.timestamp - world.nowMs) <= offsetMs);
  rule(
    'time',
    world.beacons.some((b) => b.epoch === time.beacon.epoch && b.value === time.beacon.value),
  );
  const nonce = tagged(
    'hypermesh/time-nonce',
    context,
    number(time.timestamp, 8),
    number(time.sequence, 8),
  );
  rule('time', hex(time.nonce) === hex(nonce).slice(0, 32));
  rule('time', time.sequence >= 1);

  const used = world.usedSequences.get(node) ?? new Set();
  rule('replay', !used.has(time.sequence) && time.sequence > Math.max(0, ...used) - 64);
  rule('replay', !world.usedIds.has(`${node}/${subject.requestId}`));

  const claim = tagged('hypermesh/stake-claim', context, stake.account, number(stake.amount, 8));
  rule('stake', hex(stake.account) === node);
  rule('stake', stake.commitment === hex(claim));
  rule('stake', stake.amount >= Math.max(world.requirements.minimumStake, wish.minimumStake));
  const account = world.accounts.get(node);
  rule('stake', account?.active === true);
  rule('stake', account !== undefined && account.locked >= stake.amount);
  rule('stake', account !== undefined && account.sinceMs < time.timestamp);
  rule('stake', account !== undefined && account.untilMs > subject.notAfterMs);
  rule('stake', !world.voters.has(node));
  for (const name of [subject.commonName, ...subject.sanEntries]) {
    const lower = name.toLowerCase();
    const suffix = account?.suffix ?? 'nowhere';
    rule('stake', lower.endsWith(suffix) && lower !== suffix);
  }

  const bytes = Math.max(world.requirements.minimumStorageBytes, wish.minimumStorageBytes);
  rule('space', space.labels * 32 * space.scaleFactor >= bytes);
  rule('space', space.scaleFactor >= 1 && space.scaleFactor <= 1_048_576);
  rule('space', opened);
  const plot = world.plots.get(node);
  rule('space', plot?.root === space.root);
  rule('space', plot?.labels === space.labels && plot.scaleFactor === space.scaleFactor);
  return [...failed].sort();
}

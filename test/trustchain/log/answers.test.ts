import { createHash, verify, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { limits } from '../../../src/trustchain/limits.ts';
import type { LogAnswer } from '../../../src/trustchain/log/answers.ts';
import * as answers from '../../../src/trustchain/log/answers.ts';
import { csrFor, FakeCluster, issue, makeAuthority, makeIssuer, makeLog } from '../fake-cluster.ts';
import { climb, treeHash } from './naive-tree.ts';

const issuer = makeIssuer();
const log = makeLog();
const answering = { log, issuerChain: [issuer.certificate.der, issuer.root.der] };
const cluster = new FakeCluster();
const authority = makeAuthority(cluster, { issuer, log });
const empty = { ...answering, log: makeLog() };
const count = 70;
const issued = Array.from({ length: count }, (_, i) =>
  issue(authority, cluster, `r-${i}`, csrFor(`host-${i}.mesh`, 'one key for all')),
);

function bodyOf<T>(answer: LogAnswer<T>): T {
  if (!answer.ok) throw new Error(answer.detail);
  return answer.body;
}

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
const sha256 = (...parts: Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

/** Takes TLS structures apart by the letter of RFC 6962, knowing nothing of who wrote them. */
class Tls {
  at = 0;
  readonly of: Buffer;
  constructor(of: Buffer) {
    this.of = of;
  }
  number(octets: number): number {
    let value = 0;
    for (let i = 0; i < octets; i++) value = value * 256 + this.of[this.at++]!;
    return value;
  }
  opaque(octets: number): Buffer {
    const length = this.number(octets);
    return this.take(length);
  }
  take(length: number): Buffer {
    expect(this.at + length).toBeLessThanOrEqual(this.of.length);
    this.at += length;
    return this.of.subarray(this.at - length, this.at);
  }
  end(): void {
    expect(this.at).toBe(this.of.length);
  }
}

/** §3.4: version v1, timestamped_entry, then TimestampedEntry with a PreCert. */
function readLeaf(input: Buffer) {
  const tls = new Tls(input);
  expect([tls.number(1), tls.number(1)]).toEqual([0, 0]);
  const timestamp = tls.number(8);
  expect(tls.number(2)).toBe(1); // precert_entry
  const issuerKeyHash = tls.take(32);
  const tbs = tls.opaque(3);
  expect(tls.opaque(2)).toHaveLength(0);
  tls.end();
  return { timestamp, issuerKeyHash, tbs };
}

function isSigned(data: Buffer, signature: Buffer): boolean {
  const tls = new Tls(signature);
  expect([tls.number(1), tls.number(1)]).toEqual([4, 3]); // sha256, ecdsa
  const der = tls.opaque(2);
  tls.end();
  const key = { key: Buffer.from(log.key.publicKey), format: 'der', type: 'spki' } as const;
  return verify('sha256', data, key, der);
}

const entries = Array.from({ length: count }, (_, i) => {
  const query = { start: String(i), end: String(i) };
  return bodyOf(answers.getEntries(answering, query)).entries[0]!;
});
const leaves = entries.map(({ leaf_input }) => bytes(leaf_input));
const hashes = leaves.map((leaf) => sha256(Buffer.of(0), leaf));

test('The tree head is over all entries, and signed by the key whose hash is the log id', () => {
  const head = bodyOf(answers.getSth(answering));
  expect(head.tree_size).toBe(count);
  expect(bytes(head.sha256_root_hash)).toEqual(Buffer.from(treeHash(leaves)));
  const data = Buffer.alloc(2 + 8 + 8 + 32);
  data[1] = 1; // tree_hash
  data.writeBigUInt64BE(BigInt(head.timestamp), 2);
  data.writeBigUInt64BE(BigInt(head.tree_size), 10);
  bytes(head.sha256_root_hash).copy(data, 18);
  expect(isSigned(data, bytes(head.tree_head_signature))).toBe(true);
  expect(sha256(log.key.publicKey).toString('hex')).toBe(log.key.logId);
  const newest = Math.max(...leaves.map((leaf) => readLeaf(leaf).timestamp));
  expect(head.timestamp).toBeGreaterThanOrEqual(newest);
});

test('The head of an empty log is that of the empty tree', () => {
  const head = bodyOf(answers.getSth(empty));
  expect(head.tree_size).toBe(0);
  expect(bytes(head.sha256_root_hash)).toEqual(sha256());
});

/** The SCT of a certificate, found by the bytes of its object identifier. */
function sctIn(der: Buffer) {
  const oid = Buffer.from('060a2b06010401d679020402', 'hex');
  const at = der.indexOf(oid) + oid.length;
  // Two OCTET STRINGs, one in the other, short enough for one octet of length each.
  expect([der[at], der[at + 2]]).toEqual([0x04, 0x04]);
  const list = new Tls(der.subarray(at + 4, at + 4 + der[at + 3]!));
  const sct = new Tls(new Tls(list.opaque(2)).opaque(2));
  list.end();
  expect(sct.number(1)).toBe(0);
  const logId = sct.take(32);
  const timestamp = sct.number(8);
  expect(sct.opaque(2)).toHaveLength(0);
  return { logId, timestamp, signature: sct.of.subarray(sct.at) };
}

test('Every certificate carries the promise of the log on its own entry', () => {
  for (const { pem, logIndex } of issued) {
    const der = new X509Certificate(pem).raw;
    const { logId, timestamp, signature } = sctIn(der);
    expect(logId.toString('hex')).toBe(log.key.logId);
    const { tbs, issuerKeyHash, timestamp: logged } = readLeaf(leaves[logIndex]!);
    expect(issuerKeyHash.toString('hex')).toBe(issuer.key.keyHash);
    expect(logged).toBe(timestamp);
    // §3.2: what is signed differs from the leaf in its second octet alone, and that is zero, too.
    expect(isSigned(leaves[logIndex]!, signature)).toBe(true);
    // The fields of TBSCertificate before the extensions are the certificate's own.
    const start = tbs.indexOf(Buffer.from('a003020102', 'hex'));
    expect(der.includes(tbs.subarray(start, start + 200))).toBe(true);
  }
});

test('With an entry come its precertificate and the chain up to the root', () => {
  for (const [i, { extra_data: extra }] of entries.entries()) {
    const tls = new Tls(bytes(extra));
    const precertificate = new X509Certificate(tls.opaque(3));
    const chain = new Tls(tls.opaque(3));
    tls.end();
    const above = [new X509Certificate(chain.opaque(3)), new X509Certificate(chain.opaque(3))];
    chain.end();
    expect(precertificate.serialNumber.toLowerCase()).toBe(issued[i]!.serial);
    expect(precertificate.verify(above[0]!.publicKey)).toBe(true);
    expect(above[0]!.verify(above[1]!.publicKey)).toBe(true);
    // The poison, critical: 2.4.3, TRUE, NULL.
    const poison = Buffer.from('060a2b06010401d6790204030101ff04020500', 'hex');
    expect(precertificate.raw.includes(poison)).toBe(true);
    expect(new X509Certificate(issued[i]!.pem).raw.includes(poison)).toBe(false);
    const { certificates } = answers.getRoots(answering).body;
    expect(certificates.map(bytes)).toEqual([above[1]!.raw]);
  }
});

test('Each entry is proved by its hash in the tree of every size that has it', () => {
  for (const [i, hash] of hashes.entries()) {
    for (let size = i + 1; size <= count; size += 9) {
      const query = { hash: hash.toString('base64'), tree_size: String(size) };
      const { leaf_index: index, audit_path: path } = bodyOf(
        answers.getProofByHash(answering, query),
      );
      expect(index).toBe(i);
      const root = climb(hash, index, size, path.map(bytes));
      expect(Buffer.from(root!)).toEqual(Buffer.from(treeHash(leaves.slice(0, size))));
    }
  }
});

test('An entry comes with the proof that get-proof-by-hash gives', () => {
  for (const [i, hash] of hashes.entries()) {
    const size = { tree_size: String(count) };
    const entry = bodyOf(answers.getEntryAndProof(answering, { leaf_index: String(i), ...size }));
    const proof = bodyOf(
      answers.getProofByHash(answering, { hash: hash.toString('base64'), ...size }),
    );
    expect(entry).toEqual({ ...entries[i], audit_path: proof.audit_path });
  }
});

test('One answer holds some entries, from the first on, however many are asked for', () => {
  const ask = (start: number, end: number) =>
    bodyOf(answers.getEntries(answering, { start: String(start), end: String(end) })).entries;
  expect(ask(3, 5)).toEqual(entries.slice(3, 6));
  expect(ask(0, 10 ** 9)).toEqual(entries.slice(0, limits.logEntriesPerAnswer));
  expect(ask(60, 10 ** 9)).toEqual(entries.slice(60));
});

const proof = (hash: string, size: string) =>
  answers.getProofByHash(answering, { hash, tree_size: size });
const some = hashes[69]!.toString('base64');

test.each<[string, LogAnswer<unknown>, number, string]>([
  [
    'no first',
    answers.getSthConsistency(answering, { first: undefined, second: '2' }),
    400,
    'first',
  ],
  [
    'a first beyond the second',
    answers.getSthConsistency(answering, { first: '3', second: '2' }),
    400,
    'second: "2"; a whole number from 3 to 70',
  ],
  [
    'a second beyond the log',
    answers.getSthConsistency(answering, { first: '3', second: '71' }),
    400,
    'from 3 to 70',
  ],
  [
    'a number with a sign',
    answers.getSthConsistency(answering, { first: '+3', second: '7' }),
    400,
    'first: "+3"',
  ],
  [
    'a number in hex',
    answers.getSthConsistency(answering, { first: '0x3', second: '7' }),
    400,
    'first',
  ],
  [
    'a number that is none',
    answers.getSthConsistency(answering, { first: '1e1', second: '70' }),
    400,
    'first',
  ],
  [
    'a number of many digits',
    answers.getSthConsistency(answering, { first: '0', second: '9'.repeat(400) }),
    400,
    'second',
  ],
  [
    'no hash',
    answers.getProofByHash(answering, { hash: undefined, tree_size: '1' }),
    400,
    'hash: missing',
  ],
  ['a short hash', proof('AAAA', '1'), 400, 'hash: "AAAA"; 32 bytes in base64'],
  ['a hash that is no base64', proof(`${'A'.repeat(42)}!=`, '1'), 400, 'hash'],
  ['an unknown hash', proof(sha256().toString('base64'), '70'), 404, 'no such leaf'],
  ['a hash of a later entry', proof(some, '69'), 404, 'no such leaf among the first 69'],
  ['an empty tree', proof(some, '0'), 400, 'tree_size'],
  ['a start beyond the end', answers.getEntries(answering, { start: '5', end: '4' }), 400, 'end'],
  [
    'a start beyond the log',
    answers.getEntries(answering, { start: '70', end: '70' }),
    400,
    'start',
  ],
  [
    'entries of an empty log',
    answers.getEntries(empty, { start: '0', end: '0' }),
    400,
    'the log is empty',
  ],
  [
    'an index beyond the tree',
    answers.getEntryAndProof(answering, { leaf_index: '5', tree_size: '5' }),
    400,
    'leaf_index',
  ],
  [
    'a tree beyond the log',
    answers.getEntryAndProof(answering, { leaf_index: '5', tree_size: '71' }),
    400,
    'tree_size',
  ],
])('Asked with %s the log says what it wants', (_what, answer, status, detail) => {
  expect(answer).toMatchObject({ ok: false, status, detail: expect.stringContaining(detail) });
});

test('A plus that a form decoder made a space is a plus', () => {
  const plus = hashes.map((hash) => hash.toString('base64')).find((text) => text.includes('+'))!;
  expect(proof(plus.replaceAll('+', ' '), '70')).toEqual(proof(plus, '70'));
  expect(proof(plus, '70').ok).toBe(true);
});

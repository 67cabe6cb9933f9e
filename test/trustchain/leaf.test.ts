import { X509Certificate } from 'node:crypto';
import { Certificate, TBSCertificate } from '@peculiar/asn1-x509';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import {
  type ConsensusProof,
  decodeConsensusProof,
  encodeConsensusProof,
} from '../../src/trustchain/consensus-extension.ts';
import { parseDer } from '../../src/trustchain/der.ts';
import { loadIssuer, randomSerial, signCertificate } from '../../src/trustchain/issuer.ts';
import { keyAlgorithms, signingKeyFromSeed, verifySignature } from '../../src/trustchain/keys.ts';
import { bindConsensus, draftLeaf, stripToTbs0, tbs0Digest } from '../../src/trustchain/leaf.ts';
import { leafProfile, leafProfileFor, leafUsages } from '../../src/trustchain/leaf-profile.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { votedSubject } from '../../src/trustchain/subject.ts';
import { makeIssuer, nowMs } from './fake-cluster.ts';

const oid = '1.3.6.1.4.1.32473.1';
const poison = '1.3.6.1.4.1.11129.2.4.3';
const sctList = '1.3.6.1.4.1.11129.2.4.2';
const issuer = makeIssuer();
const names = { commonName: 'a.mesh', dnsNames: ['a.mesh'], ipAddresses: ['10.0.0.1', 'fd00::2'] };
const publicKey = signingKeyFromSeed(new Random('subject').bytes(32)).publicKey;
const serial = new Random('serial').bytes(16).map((byte, i) => (i === 0 ? 0x51 : byte));
const draft = draftLeaf({
  issuer,
  profile: leafProfile,
  serial,
  nowMs,
  publicKey,
  names,
  urls: null,
});

test('TBS\u2080 is what is left when consensus extension, SCT list and poison are dropped', () => {
  const value = Uint8Array.of(4, 1, 7);
  const bound = [oid, sctList, poison].reduce(
    (tbs, id) => bindConsensus(tbs, id, value),
    draft.tbs0,
  );
  expect(bound.length).toBeGreaterThan(draft.tbs0.length);
  expect(toHex(stripToTbs0(bound, oid)!)).toBe(toHex(draft.tbs0));
});

test('Any other extension stays in TBS\u2080: the vote covers it', () => {
  const bound = bindConsensus(draft.tbs0, '1.3.6.1.4.1.32473.2', Uint8Array.of(4, 1, 7));
  expect(toHex(stripToTbs0(bound, oid)!)).toBe(toHex(bound));
});

test('The digest depends on the issuer\u2019s key and on every byte of TBS\u2080', () => {
  const digest = tbs0Digest(issuer.key.keyHash, draft.tbs0);
  expect(digest).toBe(draft.tbsDigest);
  expect(tbs0Digest('ab'.repeat(32), draft.tbs0)).not.toBe(digest);
  for (let at = 0; at < draft.tbs0.length; at += 7) {
    const changed = draft.tbs0.map((byte, i) => (i === at ? byte ^ 1 : byte));
    expect(tbs0Digest(issuer.key.keyHash, changed)).not.toBe(digest);
  }
});

test('The subject of the vote reads back from TBS\u2080', () => {
  const requester = { requestId: 'r', nodeId: new Uint8Array(32), requirements: null };
  expect(votedSubject(draft.tbs0, draft.tbsDigest, requester)?.subject).toEqual({
    ...requester,
    commonName: 'a.mesh',
    sanEntries: ['a.mesh', '10.0.0.1'],
    ipv6Addresses: ['fd00::2'],
    publicKey,
    tbsDigest: draft.tbsDigest,
    notAfterMs: draft.notAfterMs,
  });
});

test('What is written from bytes is the one DER encoding of a certificate', () => {
  const urls = { base: 'http://ca.mesh:8080', crlShards: 4 };
  for (const usage of leafUsages) {
    const profile = leafProfileFor(usage, 'shortLived');
    const cut = draftLeaf({ issuer, profile, serial, nowMs, publicKey, names, urls });
    expect(parseDer(TBSCertificate, cut.tbs0)).not.toBeNull();
    expect(parseDer(Certificate, signCertificate(cut.tbs0, issuer.key))).not.toBeNull();
  }
});

test('A certificate without a common name has a critical alternative name', () => {
  const bare = draftLeaf({
    issuer,
    profile: leafProfile,
    serial,
    nowMs,
    publicKey,
    names: { ...names, commonName: null },
    urls: null,
  });
  // subjectAltName (2.5.29.17), critical: BOOLEAN TRUE follows the identifier.
  expect(toHex(bare.tbs0)).toContain('0603551d110101ff');
  expect(toHex(draft.tbs0)).not.toContain('0603551d110101ff');
  const requester = { requestId: 'r', nodeId: new Uint8Array(32), requirements: null };
  expect(votedSubject(bare.tbs0, bare.tbsDigest, requester)?.subject.commonName).toBe('a.mesh');
});

test('A leaf is below the intermediate, and that below the root', () => {
  const leaf = new X509Certificate(toPem('CERTIFICATE', signCertificate(draft.tbs0, issuer.key)));
  const intermediate = new X509Certificate(issuer.pem);
  const root = new X509Certificate(issuer.root.der);
  expect(leaf.ca).toBe(false);
  expect(intermediate.ca).toBe(true);
  expect(root.ca).toBe(true);
  expect(leaf.checkIssued(intermediate)).toBe(true);
  expect(leaf.checkIssued(root)).toBe(false);
  expect(intermediate.checkIssued(root)).toBe(true);
  expect(root.checkIssued(root)).toBe(true);
});

test('A serial is positive and has sixteen octets, whatever chance brings', () => {
  const bad = [
    new Uint8Array(16),
    new Uint8Array(16).fill(0x80, 0, 1),
    new Uint8Array(16).fill(0xff),
  ];
  const found = randomSerial(() => bad.shift()!);
  expect(toHex(found)).toBe(`7f${'ff'.repeat(15)}`);
});

test.each(keyAlgorithms)(
  'A key of %s is the same for the same seed, and checks its own',
  (kind) => {
    const key = signingKeyFromSeed(new Uint8Array(32).fill(5), kind);
    const bytes = Uint8Array.of(1, 2, 3);
    const copy = signingKeyFromSeed(new Uint8Array(32).fill(5), kind);
    expect(copy.publicKey).toEqual(key.publicKey);
    expect(verifySignature(key.publicKey, bytes, copy.sign(bytes))).toBe(true);
    expect(verifySignature(key.publicKey, Uint8Array.of(1, 2), copy.sign(bytes))).toBe(false);
    const other = signingKeyFromSeed(new Uint8Array(32).fill(6), kind);
    expect(verifySignature(other.publicKey, bytes, key.sign(bytes))).toBe(false);
  },
);

test('An issuer is loaded only with the key that belongs to its certificate', () => {
  expect(loadIssuer(issuer.key, issuer.pem)?.pem).toBe(issuer.pem);
  expect(loadIssuer(makeIssuer('another').key, issuer.pem)).toBeNull();
});

const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
const hash = bytes(32).map(toHex);
const number = fc.oneof(fc.nat(300), fc.maxSafeNat());
const proofs: fc.Arbitrary<ConsensusProof> = fc.record({
  clusterId: hash,
  view: number,
  validatorSetHash: hash,
  resultCertificateHash: hash,
  statement: fc.record({
    type: fc.constant('result' as const),
    epoch: number,
    sequence: number,
    timestamp: fc.nat(8.64e15),
    resultsRoot: hash,
    stateDigest: hash,
  }),
  answer: fc.record({
    requestDigest: hash,
    result: fc.uint8Array({ maxLength: 80 }),
    index: number,
    batchSize: number,
    path: fc.array(bytes(32), { maxLength: 4 }),
  }),
  requirements: fc.option(
    fc.record({
      minimumStake: number,
      maxTimeOffsetMs: number,
      minimumStorageBytes: number,
      minimumComputeBits: fc.nat(32),
    }),
  ),
  votes: fc.option(
    fc.array(fc.record({ replica: fc.nat(254), signature: bytes(64) }), {
      minLength: 1,
      maxLength: 4,
    }),
  ),
});

test('The consensus extension says the same after encoding and decoding', () => {
  fc.assert(
    fc.property(proofs, (proof) => {
      expect(decodeConsensusProof(encodeConsensusProof(proof))).toEqual(proof);
    }),
    { numRuns: 100, seed: 11 },
  );
});

test('No changed byte of the consensus extension says the same', () => {
  fc.assert(
    fc.property(proofs, fc.nat(), fc.integer({ min: 1, max: 255 }), (proof, where, mask) => {
      const der = encodeConsensusProof(proof);
      const at = where % der.length;
      der[at] = der[at]! ^ mask;
      expect(decodeConsensusProof(der)).not.toEqual(proof);
    }),
    { numRuns: 200, seed: 12 },
  );
});

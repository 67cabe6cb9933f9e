import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ProofAgent } from '../../src/trustchain/authority.ts';
import { limits } from '../../src/trustchain/limits.ts';
import {
  ask,
  csrFor,
  FakeCluster,
  issue,
  makeAuthority,
  makeIssuer,
  nowMs,
} from './fake-cluster.ts';
import { lies, oneVoteShort } from './lies.ts';

test('A request that the quorum finds valid becomes a certificate for its key and names', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const certificate = issue(authority, cluster, 'r-1', csrFor('host-1.mesh', 'k', ['b.mesh']));
  const x509 = new X509Certificate(certificate.pem);
  expect(x509.subject).toBe('CN=host-1.mesh');
  expect(x509.subjectAltName).toBe('DNS:host-1.mesh, DNS:b.mesh, IP Address:FD00:0:0:0:0:0:0:7');
  expect(x509.serialNumber.toLowerCase()).toBe(certificate.serial);
  expect(x509.verify(new X509Certificate(authority.caPem).publicKey)).toBe(true);
  expect(x509.validFromDate.getTime()).toBe(Date.UTC(2026, 4, 17, 11));
  expect(x509.validToDate.getTime()).toBe(Date.UTC(2026, 4, 18, 12));
  expect(certificate).toMatchObject({ sequence: 41, view: 6, decidedAtMs: nowMs + 7 });
  expect(authority.store.get(certificate.serial)).toBe(certificate);
});

test('The quorum votes on the names, the key and the end of life that the certificate has', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const { pem } = issue(authority, cluster, 'r-1', csrFor('host-1.mesh', 'k', ['b.mesh']));
  const [subject] = [...cluster.subjects.values()];
  const x509 = new X509Certificate(pem);
  expect(subject).toMatchObject({
    requestId: 'r-1',
    commonName: 'host-1.mesh',
    sanEntries: ['host-1.mesh', 'b.mesh'],
    ipv6Addresses: ['fd00::7'],
    notAfterMs: x509.validToDate.getTime(),
  });
  const spki = x509.publicKey.export({ format: 'der', type: 'spki' });
  expect(Buffer.from(subject?.publicKey ?? []).equals(spki)).toBe(true);
});

test('A certified refusal reaches the caller with every failure, and burns no serial', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const failures = [
    { proof: 'work', reason: 'too little work', measured: '9 bits', required: '14 bits' },
    { proof: 'time', reason: 'too far off', measured: '700 s', required: '300 s' },
  ] as const;
  cluster.lies = { result: (result) => ({ ...result, status: 'invalid', failures }) };
  const outcome = ask(authority, cluster);
  expect(outcome).toMatchObject({ type: 'invalid', failures });
  expect(authority.store.size).toBe(0);
  expect(authority.pending).toBe(0);
});

test.each(lies)('Nothing is issued on %s: %s', (_what, _why, lie) => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  cluster.lies = lie;
  expect(ask(authority, cluster)).toMatchObject({
    type: 'refused',
    refusal: { code: 'answerNotAccepted' },
  });
  expect(authority.store.size).toBe(0);
});

test('After a lie on the way the same request asks for the same vote again', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  cluster.lies = oneVoteShort;
  ask(authority, cluster);
  cluster.lies = {};
  issue(authority, cluster);
  expect(cluster.submitted).toHaveLength(2);
  expect(cluster.submitted[0]).toEqual(cluster.submitted[1]);
});

test('A timeout is no refusal: the same request later takes up the vote where it was', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  cluster.lies = { outcome: { type: 'timeout' } };
  expect(ask(authority, cluster)).toEqual({ type: 'timeout' });
  expect(authority.pending).toBe(1);
  cluster.lies = {};
  const certificate = issue(authority, cluster);
  expect(cluster.submitted).toHaveLength(2);
  expect(cluster.submitted[0]).toEqual(cluster.submitted[1]);
  expect(authority.store.all()).toEqual([certificate]);
});

test('One request is one certificate, however often it is asked for', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const first = issue(authority, cluster);
  expect(issue(authority, cluster)).toEqual(first);
  expect(cluster.submitted).toHaveLength(1);
});

test('One request id does not stand for two requests', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  issue(authority, cluster, 'r-1', csrFor('a.mesh'));
  expect(ask(authority, cluster, 'r-1', csrFor('b.mesh'))).toMatchObject({
    type: 'refused',
    refusal: { code: 'duplicateRequest' },
  });
});

test.each([
  ['spaces', 'one more'],
  ['nothing', ''],
  ['65 characters', 'x'.repeat(65)],
])('A request id of %s is refused before anything is proved', (_what, requestId) => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  expect(ask(authority, cluster, requestId)).toMatchObject({ refusal: { code: 'malformed' } });
  expect(cluster.subjects.size).toBe(0);
  expect(authority.pending).toBe(0);
});

test('Serials differ and have 32 hex digits', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const serials = Array.from({ length: 40 }, (_, i) => issue(authority, cluster, `r-${i}`).serial);
  expect(new Set(serials).size).toBe(40);
  for (const serial of serials) expect(serial).toMatch(/^(?!00)[0-7][0-9a-f]{31}$/);
});

test('An agent without proofs is a refusal, and its late answer counts for nothing', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const agent: ProofAgent = {
    nodeId: new Uint8Array(32),
    prove: (_subject, done) => {
      done(null);
      done(new Uint8Array(10));
    },
  };
  const answers: unknown[] = [];
  authority.request(csrFor('a.mesh'), { requestId: 'r' }, agent, (it) => answers.push(it));
  expect(answers).toMatchObject([{ type: 'refused', refusal: { code: 'agentFailed' } }]);
  expect(cluster.submitted).toEqual([]);
  expect(authority.pending).toBe(0);
});

test('An answer that comes twice is signed once', () => {
  const cluster = new FakeCluster();
  const issuer = makeIssuer();
  let signatures = 0;
  const sign = (bytes: Uint8Array): Uint8Array => {
    signatures += 1;
    return issuer.key.sign(bytes);
  };
  const authority = makeAuthority(cluster, {
    issuer: { ...issuer, key: { ...issuer.key, sign } },
    validator: {
      submit: (operation, done) => {
        cluster.submit(operation, done);
        cluster.submit(operation, done);
      },
    },
  });
  issue(authority, cluster);
  expect(signatures).toBe(2); // the precertificate, and the certificate
});

test('Requests under way are bounded, and old ones give their place up', () => {
  const cluster = new FakeCluster();
  let nowMsHere = nowMs;
  const authority = makeAuthority(cluster, { clock: { nowMs: () => nowMsHere }, maxPending: 5 });
  cluster.lies = { outcome: { type: 'timeout' } };
  const csr = csrFor('a.mesh');
  for (let i = 0; i < 5; i++) ask(authority, cluster, `r-${i}`, csr);
  expect(ask(authority, cluster, 'one-more', csr)).toMatchObject({
    refusal: { code: 'overloaded' },
  });
  nowMsHere += limits.draftKeepMs + 1;
  expect(ask(authority, cluster, 'one-more', csr)).toEqual({ type: 'timeout' });
  expect(authority.pending).toBe(1);
});

test('Expired certificates leave the store', () => {
  const cluster = new FakeCluster();
  let nowMsHere = nowMs;
  const authority = makeAuthority(cluster, { clock: { nowMs: () => nowMsHere } });
  const { serial } = issue(authority, cluster, 'r-1');
  nowMsHere += 2 * 24 * 60 * 60 * 1000;
  cluster.lies = { outcome: { type: 'timeout' } };
  ask(authority, cluster, 'r-2');
  expect(authority.store.get(serial)).toBeNull();
});

test('What the requester asks for beyond the profile is in the vote and in the certificate', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const requirements = {
    minimumStake: 500,
    maxTimeOffsetMs: 60_000,
    minimumStorageBytes: 2 ** 21,
    minimumComputeBits: 16,
  };
  const answers: unknown[] = [];
  authority.request(csrFor('a.mesh'), { requestId: 'r-1', requirements }, cluster.agent(), (it) =>
    answers.push(it),
  );
  expect(answers).toMatchObject([{ type: 'issued' }]);
  expect([...cluster.subjects.values()]).toMatchObject([{ requirements }]);
});

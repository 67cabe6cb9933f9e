import { createPublicKey, X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { CertificateAuthority, IssuanceOutcome } from '../../src/trustchain/authority.ts';
import type { IssuedCertificate } from '../../src/trustchain/certificate-store.ts';
import { makeCsr } from '../../src/trustchain/csr.ts';
import { keyAlgorithms, type SigningKey, signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { type LeafProfile, leafProfileFor } from '../../src/trustchain/leaf-profile.ts';
import { type RenewalWish, renewalBytes } from '../../src/trustchain/renewal.ts';
import { verifyCertificate } from '../../src/trustchain/verify.ts';
import { csrFor, FakeCluster, issue, makeAuthority, nowMs } from './fake-cluster.ts';

const keyOf = (seed: string) => signingKeyFromSeed(new Random(seed).bytes(32));
const oldKey = keyOf('old');
const newKey = keyOf('new');
const name = 'host-1.mesh';

let cluster: FakeCluster;
let authority: CertificateAuthority;
let previous: IssuedCertificate;
let nowMsHere: number;

beforeEach(() => {
  cluster = new FakeCluster();
  nowMsHere = nowMs;
  authority = makeAuthority(cluster, { clock: { nowMs: () => nowMsHere } });
  previous = issue(authority, cluster, 'first', csrFor(name, 'old', ['two.mesh']));
});

interface Wish {
  readonly id?: string;
  readonly signedFor?: string;
  readonly by?: SigningKey;
  readonly csr?: string | null;
  readonly to?: SigningKey;
  readonly supersede?: boolean;
  readonly serial?: string;
  readonly profile?: LeafProfile;
}

function renew(wish: Wish = {}): IssuanceOutcome {
  const { id = 'again', by = oldKey, csr = null, to = oldKey, supersede = false } = wish;
  const serial = wish.serial ?? previous.serial;
  const signed = { serial, requestId: wish.signedFor ?? id, supersede };
  const signature = by.sign(renewalBytes(signed, to.publicKey));
  const renewal: RenewalWish = { serial, requestId: id, supersede, signature };
  const outcomes: IssuanceOutcome[] = [];
  const asked = {
    requestId: id,
    renewal,
    ...(wish.profile !== undefined && { profile: wish.profile }),
  };
  authority.request(csr, asked, cluster.agent(), (outcome) => outcomes.push(outcome));
  expect(outcomes).toHaveLength(1);
  return outcomes[0] as IssuanceOutcome;
}

function renewed(wish: Wish = {}): X509Certificate {
  const outcome = renew(wish);
  if (outcome.type !== 'issued') throw new Error(JSON.stringify(outcome));
  return new X509Certificate(outcome.certificate.pem);
}

const codeOf = (outcome: IssuanceOutcome): string =>
  outcome.type === 'refused' ? outcome.refusal.code : outcome.type;

const spkiOf = (certificate: X509Certificate): Buffer =>
  certificate.publicKey.export({ format: 'der', type: 'spki' });

describe('A renewal', () => {
  test('has the old names and key, and a serial, dates and a vote of its own', () => {
    nowMsHere += 60 * 60 * 1000;
    cluster.lies = { result: (it) => ({ ...it, decidedAtMs: nowMsHere }) };
    const old = new X509Certificate(previous.pem);
    const fresh = renewed();
    expect(fresh.subjectAltName).toBe(old.subjectAltName);
    expect(fresh.subject).toBe(old.subject);
    expect(spkiOf(fresh)).toEqual(spkiOf(old));
    expect(fresh.serialNumber).not.toBe(old.serialNumber);
    expect(fresh.validToDate.getTime()).toBe(old.validToDate.getTime() + 60 * 60 * 1000);
    expect(cluster.submitted).toHaveLength(2);
    const { validatorsJson } = authority;
    const certificatePem = fresh.toString();
    const input = { certificatePem, validatorsJson, proofJson: null, caPem: null };
    expect(verifyCertificate(input).ok).toBe(true);
    expect(authority.revocations.get(previous.serial)).toBeNull();
  });

  test('keeps what the certificate is for, and takes the lifetime asked for', () => {
    const csr = csrFor('code.mesh', 'code');
    const key = keyOf('code');
    const asked = { requestId: 'code', profile: leafProfileFor('codeSigning') };
    let serial = '';
    authority.request(csr, asked, cluster.agent(), (outcome) => {
      if (outcome.type === 'issued') serial = outcome.certificate.serial;
    });
    const profile = leafProfileFor('tls', 'shortLived');
    const fresh = renewed({ id: 'code-2', serial, by: key, to: key, profile });
    expect(fresh.keyUsage).toEqual(['1.3.6.1.5.5.7.3.3']);
    expect(fresh.validToDate.getTime() - nowMs).toBeGreaterThan(159 * 60 * 60 * 1000);
  });

  test('of another key takes a request of that key, signed by both', () => {
    const csr = makeCsr({ key: newKey, commonName: name, dnsNames: ['TWO.mesh.'] });
    const fresh = renewed({ csr, to: newKey });
    const { publicKey } = newKey;
    const expected = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    expect(spkiOf(fresh)).toEqual(expected.export({ format: 'der', type: 'spki' }));
    expect(fresh.subjectAltName).toBe(new X509Certificate(previous.pem).subjectAltName);
  });

  test.each(keyAlgorithms)('may be signed by a key of %s', (kind) => {
    const key = signingKeyFromSeed(new Random('kind').bytes(32), kind);
    const csr = makeCsr({ key, commonName: 'k.mesh', dnsNames: [] });
    const { serial } = issue(authority, cluster, 'kind', csr);
    expect(renewed({ id: 'kind-2', serial, by: key, to: key }).subject).toBe('CN=k.mesh');
  });

  test('supersedes the old certificate when told to, before it is handed out', () => {
    const fresh = renewed({ supersede: true });
    expect(authority.revocations.get(previous.serial)?.reason).toBe('superseded');
    expect(renewed({ supersede: true }).serialNumber).toBe(fresh.serialNumber);
    expect(codeOf(renew({ id: 'third', supersede: true }))).toBe('notInForce');
  });

  test('supersedes nothing when the quorum says no', () => {
    const failures = [{ proof: 'stake', reason: 'none', measured: '0', required: '1' }] as const;
    cluster.lies = { result: (it) => ({ ...it, status: 'invalid', failures }) };
    expect(codeOf(renew({ supersede: true }))).toBe('invalid');
    expect(authority.revocations.get(previous.serial)).toBeNull();
  });

  const strange = makeCsr({ key: newKey, commonName: 'evil.mesh', dnsNames: [name] });
  const ofNewKey = makeCsr({ key: newKey, commonName: name, dnsNames: [] });
  test.each<[string, string, Wish]>([
    ['notTheHolder', 'who has not the key may not', { by: newKey }],
    ['notTheHolder', 'a signature is good for one request', { signedFor: 'another' }],
    ['notTheHolder', 'nor is it good for another key', { csr: ofNewKey }],
    [
      'notTheHolder',
      'the new key alone does not hold the old names',
      { csr: ofNewKey, by: newKey, to: newKey },
    ],
    ['otherNames', 'new names are a new request', { csr: strange, to: newKey }],
    ['unknownCertificate', 'there is nothing to follow', { serial: '12'.repeat(16) }],
    ['malformed', 'a key comes in a request', { csr: 'hello', to: newKey }],
  ])('ends with %s: %s', (code, _why, wish) => {
    expect(codeOf(renew(wish))).toBe(code);
    expect(cluster.submitted).toHaveLength(1);
  });

  test('of what is revoked or has ended is refused', () => {
    const by = { by: 'operator' } as const;
    authority.revocations.revoke(previous.serial, 'keyCompromise', by, () => {});
    expect(codeOf(renew())).toBe('notInForce');
    previous = issue(authority, cluster, 'second', csrFor(name, 'old'));
    nowMsHere = previous.notAfterMs + 1000;
    expect(codeOf(renew({ id: 'late' }))).toBe('notInForce');
  });

  test('asks the policy of today, not of the day of the old certificate', () => {
    const policy = { allowedSuffixes: ['mesh'], deniedNames: [name], maxNames: 9 };
    const strict = makeAuthority(cluster, {
      policy: { ...policy, allowWildcards: false, allowedNetworks: [] },
    });
    for (const certificate of authority.store.all()) {
      strict.store.add(keyFor(certificate), certificate, certificate.der);
    }
    authority = strict;
    expect(codeOf(renew())).toBe('nameDenied');
  });
});

function keyFor(certificate: IssuedCertificate) {
  const { nodeId } = cluster.agent();
  const requestId = `moved-${certificate.serial.slice(0, 8)}`;
  return { requestId, nodeId, fingerprint: '00'.repeat(32), requirements: null };
}

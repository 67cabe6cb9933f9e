import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signCertificate } from '../../src/trustchain/issuer.ts';
import { keyAlgorithms, signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { draftLeaf } from '../../src/trustchain/leaf.ts';
import { leafProfile } from '../../src/trustchain/leaf-profile.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { verifyCertificate } from '../../src/trustchain/verify.ts';
import { csrFor, FakeCluster, issue, makeAuthority, makeIssuer, nowMs } from './fake-cluster.ts';

const found = spawnSync('openssl', ['version']).status === 0;
const why = found ? '' : ' (skipped: no openssl on this machine; Debian has it as `openssl`)';

describe.skipIf(!found)(`OpenSSL, which has never heard of us${why}`, () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  let directory = '';
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { encoding: 'utf8' });
  const at = ['-attime', String(Math.floor(nowMs / 1000))];

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'trustchain-'));
    writeFileSync(file('ca.pem'), authority.caPem);
    for (const [i, name] of ['host-1.mesh', `${'x'.repeat(63)}.mesh`].entries()) {
      const { pem } = issue(authority, cluster, `r-${i}`, csrFor(name));
      writeFileSync(file(`${i}.pem`), pem);
    }
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('accepts every leaf under ca.pem, in strict mode, for servers and clients', () => {
    for (const purpose of ['sslserver', 'sslclient']) {
      const args = ['-x509_strict', '-purpose', purpose, '-CAfile', file('ca.pem'), ...at];
      const said = openssl('verify', ...args, file('0.pem'), file('1.pem'));
      expect(said).toBe(`${file('0.pem')}: OK\n${file('1.pem')}: OK\n`);
    }
  });

  test.each(keyAlgorithms)('accepts a chain of %s keys up to the root alone', (kind) => {
    const issuer = makeIssuer(`of ${kind}`, kind);
    const { pem } = issue(makeAuthority(cluster, { issuer }), cluster, kind, csrFor('k.mesh'));
    writeFileSync(file('root.pem'), toPem('CERTIFICATE', issuer.root.der));
    writeFileSync(file('chain.pem'), issuer.chainPem);
    writeFileSync(file('leaf.pem'), pem);
    const args = ['-x509_strict', '-CAfile', file('root.pem'), '-untrusted', file('chain.pem')];
    expect(openssl('verify', ...args, ...at, file('leaf.pem'))).toContain(': OK');
  });

  test('does not accept what the intermediate may not name', () => {
    const issuer = makeIssuer();
    const { publicKey } = signingKeyFromSeed(new Uint8Array(32).fill(3));
    const serial = new Uint8Array(16).fill(0x41);
    const cut = { issuer, profile: leafProfile, serial, nowMs, publicKey, urls: null };
    const bare = { commonName: null, dnsNames: [], ipAddresses: [] };
    for (const names of [
      { ...bare, dnsNames: ['a.example'] },
      { ...bare, ipAddresses: ['192.0.2.1'] },
    ]) {
      const { tbs0 } = draftLeaf({ ...cut, names });
      const der = signCertificate(tbs0, issuer.key); // the linter would not have it
      writeFileSync(file('outside.pem'), toPem('CERTIFICATE', der));
      const args = ['verify', '-CAfile', file('ca.pem'), ...at, file('outside.pem')];
      const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
      expect(status).not.toBe(0);
      expect(stderr).toContain('permitted subtree violation');
    }
  });

  test('does not accept a leaf under another CA', () => {
    writeFileSync(file('other.pem'), makeIssuer('another').pem);
    const args = ['verify', '-CAfile', file('other.pem'), ...at, file('0.pem')];
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('unable to get local issuer certificate');
  });

  test('shows the consensus extension, not critical, and the usual ones', () => {
    const text = openssl('x509', '-in', file('0.pem'), '-noout', '-text');
    expect(text).toMatch(/\n {12}1\.3\.6\.1\.4\.1\.32473\.1: *\n/);
    expect(text).toContain('TLS Web Server Authentication, TLS Web Client Authentication');
    expect(text).toContain('DNS:host-1.mesh, IP Address:FD00:0:0:0:0:0:0:7');
    expect(text).toContain('CA:FALSE');
  });

  test('reads the extension as the ASN.1 it is documented to be', () => {
    const text = openssl('asn1parse', '-in', file('0.pem'));
    const line = text.split('\n').findIndex((it) => it.includes('1.3.6.1.4.1.32473.1'));
    const offset = text.split('\n')[line + 1]!.trim().split(':')[0]!;
    const inner = openssl('asn1parse', '-in', file('0.pem'), '-strparse', offset);
    expect(inner).toContain(cluster.validators.chainId.toUpperCase());
    expect(inner).toMatch(/INTEGER +:01\n.*OCTET STRING/);
  });

  test('makes requests that this authority reads', () => {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file('key.pem'));
    const names = 'subjectAltName=DNS:made-by-openssl.mesh,DNS:two.mesh';
    const subject = ['-subj', '/C=DE/O=Somebody/CN=made-by-openssl.mesh', '-addext', names];
    openssl('req', '-new', '-key', file('key.pem'), ...subject, '-out', file('a.csr'));
    const csr = openssl('req', '-in', file('a.csr'));
    const { pem, proofJson } = issue(authority, cluster, 'openssl', csr);
    const { validatorsJson, caPem } = authority;
    expect(verifyCertificate({ certificatePem: pem, proofJson, validatorsJson, caPem }).ok).toBe(
      true,
    );
    writeFileSync(file('made.pem'), pem);
    expect(openssl('x509', '-in', file('made.pem'), '-noout', '-pubkey')).toBe(
      openssl('pkey', '-in', file('key.pem'), '-pubout'),
    );
  });
});

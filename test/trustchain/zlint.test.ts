import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AuthorityKeyIdentifier, CertificateList, CRLNumber, CRLReason } from '@peculiar/asn1-x509';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { CertificateAuthority } from '../../src/trustchain/authority.ts';
import { makeIssuer } from '../../src/trustchain/issuer.ts';
import { keyAlgorithms } from '../../src/trustchain/keys.ts';
import { leafProfileFor, leafUsages } from '../../src/trustchain/leaf-profile.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { type RevocationReason, revocationReasons } from '../../src/trustchain/revocation.ts';
import { csrFor, FakeCluster, issue, makeAuthority, nowMs } from './fake-cluster.ts';

const reasons = Object.keys(revocationReasons) as RevocationReason[];
const urls = { base: 'http://ca.mesh', crlShards: 4 };

/** Everything this authority signs for strangers, PEM by what it is. */
function everything(algorithm: (typeof keyAlgorithms)[number]) {
  const cluster = new FakeCluster();
  const random = new Random('zlint');
  const chance = (sizeBytes: number) => random.bytes(sizeBytes);
  const issuer = makeIssuer({ nowMs, chance, algorithm, urls });
  let hereMs = nowMs;
  const clock = { nowMs: () => hereMs };
  const authority = makeAuthority(cluster, { issuer, urls, clock, chance });
  const made = new Map<string, string>();
  made.set('root', toPem('CERTIFICATE', issuer.root.der)).set('intermediate', issuer.chainPem);
  made.set('list of the root', toPem('X509 CRL', issuer.rootCrl ?? new Uint8Array()));
  made.set('list of nothing', listOf(authority));
  for (const usage of leafUsages) {
    const asked = { requestId: usage, profile: leafProfileFor(usage) };
    authority.request(csrFor('host.mesh'), asked, cluster.agent(), (outcome) => {
      if (outcome.type === 'issued') made.set(`leaf for ${usage}`, outcome.certificate.pem);
    });
  }
  for (const reason of reasons) {
    const { serial } = issue(authority, cluster, reason, csrFor(`${reason}.mesh`.toLowerCase()));
    authority.revocations.revoke(serial, reason, { by: 'operator' }, () => {});
  }
  made.set('list', listOf(authority));
  // The clock of a machine may be set back.
  hereMs -= 5_000;
  const { serial } = issue(authority, cluster, 'late', csrFor('late.mesh'));
  authority.revocations.revoke(serial, 'superseded', { by: 'operator' }, () => {});
  made.set('list of a clock set back', listOf(authority));
  return made;
}

function listOf({ revocations }: CertificateAuthority): string {
  let pem = '';
  revocations.crl((_, crl) => {
    pem = crl?.pem ?? '';
  });
  return pem;
}

const version = spawnSync('zlint', ['-version']);
const why =
  version.error === undefined ? '' : ' (skipped: no zlint on the PATH; no Debian package)';

describe.each(keyAlgorithms)('Of what is signed with %s keys', (algorithm) => {
  const made = everything(algorithm);

  test.skipIf(version.error !== undefined)(`zlint has nothing to say by RFC 5280${why}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'zlint-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    for (const [what, pem] of made) {
      const path = join(directory, 'signed.pem');
      writeFileSync(path, pem);
      const args = ['-includeSources', 'RFC5280', '-format', 'pem', path];
      const { stdout, status } = spawnSync('zlint', args, { encoding: 'utf8' });
      expect(status, what).toBe(0);
      const results = JSON.parse(stdout) as Record<string, { readonly result: string }>;
      const bad = Object.entries(results).filter(([, { result }]) => /error|fatal/.test(result));
      expect(bad, what).toEqual([]);
    }
  });

  // What zlint asks of lists, by another reader than the one that wrote them: RFC 5280 §5.
  test('every list is dated, numbered, named by its key, and older than nothing it tells', () => {
    const lists = [...made].filter(([what]) => what.startsWith('list'));
    expect(lists).toHaveLength(4);
    for (const [what, pem] of lists) {
      const der = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
      const list = AsnConvert.parse(der, CertificateList);
      const { tbsCertList: tbs, signatureAlgorithm } = list;
      expect(tbs.signature.isEqual(signatureAlgorithm), what).toBe(true);
      const thisUpdate = tbs.thisUpdate.getTime();
      expect(tbs.nextUpdate?.getTime().getTime()).toBeGreaterThan(thisUpdate.getTime());
      const extension = (oid: string) => {
        const value = tbs.crlExtensions?.find(({ extnID }) => extnID === oid)?.extnValue;
        return value?.buffer ?? new ArrayBuffer();
      };
      const key = AsnConvert.parse(extension('2.5.29.35'), AuthorityKeyIdentifier);
      expect(key.keyIdentifier?.byteLength).toBe(20);
      const number = AsnConvert.parse(extension('2.5.29.20'), CRLNumber);
      expect(Number(number.value)).toBeGreaterThan(0);
      // Absent, not empty (§5.1.2.6).
      const entries = tbs.revokedCertificates;
      expect(entries?.length).not.toBe(0);
      for (const { revocationDate, crlEntryExtensions } of entries ?? []) {
        expect(revocationDate.getTime() <= thisUpdate).toBe(true);
        for (const { extnValue } of crlEntryExtensions ?? []) {
          const { reason } = AsnConvert.parse(extnValue.buffer, CRLReason);
          expect(Object.values(revocationReasons)).toContain(reason);
          expect(reason).not.toBe(revocationReasons.unspecified);
        }
      }
    }
  });
});

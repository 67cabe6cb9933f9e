import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CertificateAuthority } from '../../src/trustchain/authority.ts';
import { makeCsr } from '../../src/trustchain/csr.ts';
import { makeIssuer } from '../../src/trustchain/issuer.ts';
import { generateSigningKey, keyAlgorithms, type SigningKey } from '../../src/trustchain/keys.ts';
import { ocspRequestOfPath } from '../../src/trustchain/ocsp-request.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { FakeCluster, issue, makeAuthority } from './fake-cluster.ts';

/** Debian package of each tool that has never heard of us. */
const packages = { openssl: 'openssl', certtool: 'gnutls-bin', ocsptool: 'gnutls-bin' };
const missing = Object.entries(packages).filter(([tool]) => spawnSync(tool, ['version']).error);
const why = missing
  .map(([tool, from]) => ` (skipped: no ${tool}; Debian has it in ${from})`)
  .join();

const chance = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));
const crlShards = 4;

interface Said {
  readonly status: number;
  readonly text: string;
}

/** Not spawnSync: the servers it talks to live in this process. */
function run(tool: string, ...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(tool, args, (error, stdout, stderr) => {
      const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ status, text: stdout + stderr });
    });
    child.stdin?.end();
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

describe.skipIf(missing.length > 0).each(keyAlgorithms)(
  `Under %s keys, OpenSSL and GnuTLS${why}`,
  (algorithm) => {
    const cluster = new FakeCluster();
    // The tools know no time but the machine's.
    const startMs = Date.now();
    cluster.lies = {
      result: (result) => ({ ...result, decidedAtMs: startMs }),
      statement: (statement) => ({ ...statement, timestamp: startMs }),
    };
    const subjectKey: SigningKey = generateSigningKey(chance);
    let directory = '';
    let authority: CertificateAuthority;
    let goodSerial = '';
    let badSerial = '';
    let ocspUrl = '';
    const responder = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const path = ocspRequestOfPath((request.url ?? '').slice('/ocsp/'.length));
        const body = request.method === 'GET' ? path : new Uint8Array(Buffer.concat(parts));
        response.setHeader('content-type', 'application/ocsp-response');
        response.end(authority.revocations.ocsp(body));
      });
    });
    const file = (name: string): string => join(directory, name);
    const keep = (name: string, content: string | Uint8Array): string => {
      writeFileSync(file(name), content);
      return file(name);
    };

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'trustchain-'));
      const base = `http://127.0.0.1:${await listen(responder)}`;
      ocspUrl = `${base}/ocsp`;
      const urls = { base, crlShards };
      const issuer = makeIssuer({ nowMs: startMs, chance, algorithm, urls });
      const clock = { nowMs: () => Date.now() };
      authority = makeAuthority(cluster, { issuer, urls, clock, chance });
      const certificates = ['good', 'bad'].map((name) => {
        const wish = { commonName: `${name}.mesh`, dnsNames: [`${name}.mesh`] };
        const csr = makeCsr({ key: subjectKey, ...wish, ipAddresses: ['127.0.0.1'] });
        const issued = issue(authority, cluster, name, csr);
        keep(`${name}.pem`, issued.pem);
        return issued.serial;
      });
      [goodSerial = '', badSerial = ''] = certificates;
      keep('ca.pem', authority.caPem);
      keep('issuing.pem', issuer.chainPem);
      keep('root.pem', toPem('CERTIFICATE', issuer.root.der));
      keep('root-crl.pem', toPem('X509 CRL', issuer.rootCrl ?? new Uint8Array()));
      keep('subject.key', toPem('PRIVATE KEY', subjectKey.toPkcs8()));
      fetchLists('before');
      authority.revocations.revoke(badSerial, 'keyCompromise', { by: 'operator' }, () => {});
      fetchLists('after');
    });
    afterAll(() => {
      responder.close();
      rmSync(directory, { recursive: true });
    });

    /** The whole list, and one file with all of its parts. */
    function fetchLists(when: string): void {
      authority.revocations.crl((_, crl) => keep(`${when}-whole.pem`, crl?.pem ?? ''));
      let parts = '';
      for (let shard = 0; shard < crlShards; shard++) {
        authority.revocations.crlShard(shard, (_, crl) => {
          parts += crl?.pem ?? '';
          keep(`${when}-${shard}.pem`, crl?.pem ?? '');
        });
      }
      keep(`${when}-parts.pem`, parts);
    }

    test('verify the chain under ca.pem as it is', async () => {
      const leaves = [file('good.pem'), file('bad.pem')];
      const strict = await run(
        'openssl',
        'verify',
        '-x509_strict',
        '-CAfile',
        file('ca.pem'),
        ...leaves,
      );
      expect(strict).toEqual({ status: 0, text: leaves.map((leaf) => `${leaf}: OK\n`).join('') });
      const args = ['--verify', '--load-ca-certificate', file('ca.pem'), '--infile', leaves[0]!];
      const said = await run('certtool', ...args);
      expect(said.text).toContain('Chain verification output: Verified.');
      expect(said.status).toBe(0);
    });

    test.each(['whole', 'parts'])(
      'see the %s of the lists revoke at the next fetch',
      async (list) => {
        const check = (when: string, leaf: string): Promise<Said> => {
          const lists = ['-CRLfile', file(`${when}-${list}.pem`)];
          return run(
            'openssl',
            'verify',
            '-CAfile',
            file('ca.pem'),
            '-crl_check',
            ...lists,
            file(leaf),
          );
        };
        expect((await check('before', 'bad.pem')).status).toBe(0);
        const after = await check('after', 'bad.pem');
        expect(after.text).toContain('certificate revoked');
        expect(after.status).not.toBe(0);
        expect((await check('after', 'good.pem')).status).toBe(0);
      },
    );

    test.each(['whole', 'parts'])(
      'check the %s of the lists and the root\u2019s, up to the root',
      async (list) => {
        const check = (leaf: string, ...lists: readonly string[]): Promise<Said> => {
          const given = lists.flatMap((name) => ['-CRLfile', file(name)]);
          const trust = ['-CAfile', file('root.pem'), '-untrusted', file('issuing.pem')];
          const strict = ['-x509_strict', '-crl_check_all'];
          return run('openssl', 'verify', ...strict, ...trust, ...given, file(leaf));
        };
        const own = `after-${list}.pem`;
        expect(await check('good.pem', own, 'root-crl.pem')).toMatchObject({ status: 0 });
        expect((await check('bad.pem', own, 'root-crl.pem')).text).toContain('certificate revoked');
        expect((await check('good.pem', own)).text).toContain('unable to get certificate CRL');
      },
    );

    test('find in the intermediate where the root and its list are', async () => {
      const said = await run('openssl', 'x509', '-in', file('issuing.pem'), '-noout', '-text');
      const base = ocspUrl.replace(/\/ocsp$/, '');
      expect(said.text).toContain(`URI:${base}/crl/root.der`);
      expect(said.text).toContain(`CA Issuers - URI:${base}/root.der`);
    });

    test('verify every list, and take the revoked leaf for revoked', async () => {
      const trust = ['--load-ca-certificate', file('ca.pem')];
      for (const name of ['whole', ...Array.from({ length: crlShards }, (_, i) => String(i))]) {
        const said = await run(
          'certtool',
          '--verify-crl',
          ...trust,
          '--infile',
          file(`after-${name}.pem`),
        );
        expect(said.text).toContain('Verification output: Verified.');
      }
      const root = ['--load-ca-certificate', file('root.pem'), '--infile', file('root-crl.pem')];
      const ofRoot = await run('certtool', '--verify-crl', ...root);
      expect(ofRoot.text).toContain('Verification output: Verified.');
      const lists = ['--load-crl', file('after-whole.pem')];
      const check = (leaf: string) =>
        run('certtool', '--verify', ...trust, ...lists, '--infile', file(leaf));
      expect((await check('bad.pem')).text).toContain('The certificate chain is revoked');
      expect((await check('good.pem')).text).toContain('Chain verification output: Verified.');
    });

    test.each([
      ['good', 'good', 'SHA-1 by default'],
      ['bad', 'revoked', 'with its reason'],
    ])('hear from OCSP that %s.pem is %s: %s', async (leaf, standing) => {
      for (const hash of ['-sha1', '-sha256']) {
        const asked = ['-issuer', file('issuing.pem'), hash, '-cert', file(`${leaf}.pem`)];
        const said = await run(
          'openssl',
          'ocsp',
          ...asked,
          '-CAfile',
          file('root.pem'),
          '-url',
          ocspUrl,
        );
        expect(said.text).toContain('Response verify OK');
        expect(said.text).toContain(`${leaf}.pem: ${standing}`);
        expect(said.text).not.toMatch(/nonce/i); // it says so when ours is another one
        if (standing === 'revoked') expect(said.text).toContain('Reason: keyCompromise');
      }
      const trust = ['--load-trust', file('ca.pem'), '--load-issuer', file('issuing.pem')];
      const asked = ['--load-cert', file(`${leaf}.pem`), `--ask=${ocspUrl}`, '--nonce'];
      const said = await run('ocsptool', ...asked, ...trust);
      expect(said.text).toContain('Verifying OCSP Response: Success.');
      expect(said.text).toContain(`Certificate Status: ${standing}`);
    });

    test('hear from OCSP that nothing is known of a serial nobody was given', async () => {
      const asked = ['-issuer', file('issuing.pem'), '-serial', `0x${'12'.repeat(16)}`];
      const said = await run(
        'openssl',
        'ocsp',
        ...asked,
        '-CAfile',
        file('root.pem'),
        '-url',
        ocspUrl,
      );
      expect(said.text).toContain(': unknown');
    });

    test('read the answer to a question in the path', async () => {
      const asked = ['-issuer', file('issuing.pem'), '-cert', file('bad.pem'), '-no_nonce'];
      await run('openssl', 'ocsp', ...asked, '-reqout', file('question.der'));
      const { text } = await run('openssl', 'base64', '-A', '-in', file('question.der'));
      const answer = await fetch(`${ocspUrl}/${encodeURIComponent(text)}`);
      keep('answer.der', new Uint8Array(await answer.arrayBuffer()));
      const said = await run(
        'openssl',
        'ocsp',
        ...asked,
        '-respin',
        file('answer.der'),
        '-noverify',
      );
      expect(said.text).toContain('bad.pem: revoked');
    });

    test('hear that the root\u2019s certificates are not ours to speak of', async () => {
      const asked = ['-issuer', file('root.pem'), '-cert', file('issuing.pem')];
      const said = await run('openssl', 'ocsp', ...asked, '-url', ocspUrl);
      expect(said.text).toContain('unauthorized');
    });

    test('accept a TLS server with an issued leaf and the chain behind it', async () => {
      const { pem } = authority.store.get(goodSerial)!;
      const chain = pem + authority.caPem;
      const server = createTlsServer(
        { key: toPem('PRIVATE KEY', subjectKey.toPkcs8()), cert: chain },
        (socket) => {
          socket.on('error', () => {}); // clients hang up as they please
          socket.end('hello\n');
        },
      );
      const port = await listen(server);
      const to = ['s_client', '-connect', `127.0.0.1:${port}`, '-verify_return_error', '-brief'];
      const trust = ['-CAfile', file('root.pem')];
      const named = await run('openssl', ...to, ...trust, '-verify_hostname', 'good.mesh');
      expect(named.text).toContain('Verification: OK');
      const wrong = await run('openssl', ...to, ...trust, '-verify_hostname', 'other.mesh');
      expect(wrong.text).toContain('hostname mismatch');
      const cli = [
        '--x509cafile',
        file('root.pem'),
        '--verify-hostname',
        'good.mesh',
        '-p',
        `${port}`,
      ];
      const gnutls = await run('gnutls-cli', ...cli, '127.0.0.1');
      expect(gnutls.text).toContain('Status: The certificate is trusted.');
      await new Promise((resolve) => server.close(resolve));
    });
  },
);

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { makeIssuer } from '../../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../../src/trustchain/keys.ts';
import { logKey } from '../../../src/trustchain/log/log-key.ts';
import { MemoryLogStorage } from '../../../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../../../src/trustchain/log/transparency-log.ts';
import { toPem } from '../../../src/trustchain/pem.ts';
import { csrFor, FakeCluster, issue, makeAuthority } from '../fake-cluster.ts';

const version = spawnSync('openssl', ['version', '-f'], { encoding: 'utf8' });
const found = version.status === 0 && !version.stdout.includes('OPENSSL_NO_CT');
const why = found ? '' : ' (skipped: no openssl with CT here; Debian has it as `openssl`)';

/**
 * OpenSSL takes promises of the past alone, and its now is the whole second in which the session
 * began: a promise of the same second is one of the future to it.
 */
const clock = { nowMs: () => Date.now() - 5_000 };

describe.skipIf(!found)(`OpenSSL judges the promises of the log${why}`, () => {
  const random = new Random('ct');
  const chance = (sizeBytes: number): Uint8Array => random.bytes(sizeBytes);
  const key = logKey(signingKeyFromSeed(chance(32)));
  const issuer = makeIssuer({ nowMs: clock.nowMs(), chance });
  const log = new TransparencyLog(key, new MemoryLogStorage(), clock);
  const cluster = new FakeCluster();
  cluster.lies = { result: (result) => ({ ...result, decidedAtMs: clock.nowMs() }) };
  const authority = makeAuthority(cluster, { issuer, log, clock });
  const { pem } = issue(authority, cluster, 'r-1', csrFor('localhost.mesh', 'server'));
  let directory = '';
  let server: Server;
  const file = (name: string): string => join(directory, name);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'trustchain-ct-'));
    writeFileSync(file('root.pem'), toPem('CERTIFICATE', issuer.root.der));
    writeFileSync(file('leaf.pem'), pem);
    logListOf('ours', key.publicKey);
    logListOf('other', signingKeyFromSeed(chance(32)).publicKey);
    const secret = signingKeyFromSeed(new Random('server').bytes(32)).toPkcs8();
    const options = { key: toPem('PRIVATE KEY', secret), cert: pem + issuer.chainPem };
    server = createServer(options, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  /** A list of logs as `CTLOG_STORE_load_file` reads it. */
  function logListOf(name: string, publicKey: Uint8Array): void {
    const base64 = Buffer.from(publicKey).toString('base64');
    const text = `enabled_logs = it\n[it]\ndescription = A log\nkey = ${base64}\n`;
    writeFileSync(file(`${name}.cnf`), text);
  }

  /** What `s_client` says of the server, asked to look at promises. */
  async function client(list: string): Promise<string> {
    const { port } = server.address() as AddressInfo;
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', file('root.pem')];
    const child = spawn('openssl', [...args, '-ct', '-ctlogfile', file(list)], { stdio: 'pipe' });
    child.stdin.end();
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    return said;
  }

  test('and reads the list of them as what it is', () => {
    const args = ['x509', '-in', file('leaf.pem'), '-noout', '-text'];
    const text = spawnSync('openssl', args, { encoding: 'utf8' }).stdout;
    expect(text).toContain('CT Precertificate SCTs:');
    const hex = key.logId.toUpperCase().match(/../g)!.join(':');
    expect(text.replace(/\s/g, '')).toContain(`LogID:${hex}`);
    expect(text).toMatch(/Signature : ecdsa-with-SHA256/);
  });

  test('and finds the promise of the log it knows valid', async () => {
    const said = await client('ours.cnf');
    expect(said).toContain('Verify return code: 0 (ok)');
    expect(said).toContain('SCTs present (1)');
    expect(said).toMatch(/SCT validation status: valid/i);
  });

  test('and no promise in that of a log it does not know', async () => {
    const said = await client('other.cnf');
    expect(said).toMatch(/SCT validation status: unknown log/i);
  });
});

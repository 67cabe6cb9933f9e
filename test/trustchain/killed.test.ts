import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { certifiedHost, keepZone, Zone, zoneDefaults } from '../../src/trustchain/dns/index.ts';
import { clock } from './fake-cluster.ts';
import { openAuthority } from './opened-authority.ts';

const entry = fileURLToPath(new URL('./issuing-process.ts', import.meta.url));

/** Lets it issue until so many lines were confirmed and a little longer; gives all the lines. */
async function issueAndKill(directory: string, lines: number, moreMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [entry, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let written = '';
  const enough = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
    if (written.split('\n').length > lines) enough.resolve();
  });
  const closed = once(child, 'close');
  await Promise.race([enough.promise, closed]);
  await new Promise((resolve) => setTimeout(resolve, moreMs));
  child.kill('SIGKILL');
  await closed;
  // The last line may be cut short: what it confirmed, nobody heard.
  return written.split('\n').slice(0, -1);
}

test('Killed at any moment, store, log, CRL and DNS agree and keep their word', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-killed-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const random = new Random('kills');
  const issued = new Set<string>();
  const revoked = new Set<string>();
  for (let round = 0; round < 3; round++) {
    for (const line of await issueAndKill(directory, 12, random.between(0, 40))) {
      const [what, serial = ''] = line.split(' ');
      (what === 'issued' ? issued : revoked).add(serial);
    }
    const { authority, log, close } = await openAuthority(directory);
    const serials = authority.store.all().map(({ serial }) => serial);
    expect(serials).toEqual(expect.arrayContaining([...issued]));
    // Every certificate is in the log, and the log has no entry that is no certificate.
    expect(log.size).toBe(serials.length);
    const gone = authority.revocations.all().map(({ serial }) => serial);
    expect(gone).toEqual(expect.arrayContaining([...revoked]));
    const list = await new Promise<Uint8Array>((resolve, reject) => {
      authority.revocations.crl((error, crl) => (crl ? resolve(crl.der) : reject(error)));
    });
    const zone = new Zone({ ...zoneDefaults, nameServerAddresses: [] });
    keepZone(zone, authority, clock);
    for (const { serial, der } of authority.store.all()) {
      const isRevoked = gone.includes(serial);
      expect(Buffer.from(list).includes(Buffer.from(serial, 'hex'))).toBe(isRevoked);
      const [name = ''] = certifiedHost(der).dnsNames;
      expect(zone.holdingsAt(name)).toHaveLength(isRevoked ? 0 : 1);
    }
    await close();
  }
  expect(issued.size).toBeGreaterThan(18);
  expect(revoked.size).toBeGreaterThan(3);
}, 300_000);

import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { keyAlgorithms, signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { bareKey, openKey, passphraseFault, sealKey } from '../../src/trustchain/sealed-key.ts';

const random = new Random('key files');
const chance = (sizeBytes: number): Uint8Array => random.bytes(sizeBytes);
const passphrase = 'open sesame';

test.each(keyAlgorithms)(
  'A sealed key of %s opens with its passphrase and with no other',
  (kind) => {
    const key = signingKeyFromSeed(chance(32), kind);
    const pem = sealKey(key, passphrase, chance);
    expect(openKey(pem, passphrase)).toMatchObject({ ok: true, key: { publicKey: key.publicKey } });
    expect(openKey(pem, 'open barley')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('the passphrase is wrong'),
    });
  },
);

test.each([
  ['a sealed key', sealKey(signingKeyFromSeed(chance(32)), passphrase, chance), null, 'encrypted'],
  ['a bare key', bareKey(signingKeyFromSeed(chance(32))), passphrase, 'not encrypted'],
  ['no key', 'hello', null, 'no PEM block'],
  ['a broken key', bareKey(signingKeyFromSeed(chance(32))).replace('M', '!'), null, 'damaged'],
  [
    'a key of another kind',
    String(
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({
        format: 'pem',
        type: 'pkcs8',
      }),
    ),
    null,
    'P-256 and Ed25519 are taken',
  ],
  ['a film', '-----BEGIN PRIVATE KEY-----'.repeat(9999), null, 'characters'],
])('Of %s it is said what is wrong', (_what, pem, given, reason) => {
  expect(openKey(pem, given)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
});

test('A passphrase has eight characters or more', () => {
  expect(passphraseFault('1234567')).toContain('7 characters');
  expect(passphraseFault('12345678')).toBeNull();
});

test('What node seals opens here, and what is sealed here opens in node', () => {
  const key = signingKeyFromSeed(chance(32));
  const theirs = createPrivateKey(bareKey(key)).export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  expect(openKey(String(theirs), passphrase).ok).toBe(true);
});

const absent = ['openssl', 'certtool'].filter((tool) => spawnSync(tool, ['version']).error);
const why = absent.map((tool) => ` (skipped: no ${tool} on this machine)`).join('');

test.skipIf(absent.length > 0)(`OpenSSL and GnuTLS open what is sealed here${why}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'sealed-key-'));
  try {
    const path = join(directory, 'key.pem');
    for (const kind of keyAlgorithms) {
      const key = signingKeyFromSeed(chance(32), kind);
      writeFileSync(path, sealKey(key, passphrase, chance));
      const expected = toPem('PUBLIC KEY', key.publicKey);
      const run = (tool: string, ...args: string[]) =>
        execFileSync(tool, args, { encoding: 'utf8', stdio: 'pipe' });
      expect(run('openssl', 'pkey', '-in', path, '-pubout', '-passin', `pass:${passphrase}`)).toBe(
        expected,
      );
      const args = ['--pubkey-info', '--load-privkey', path, '--password', passphrase];
      expect(run('certtool', ...args)).toContain(expected);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

import { randomBytes, X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type AuthorityPlace,
  createAuthority,
  openAuthority,
  openOrCreateAuthority,
} from '../../src/daemon/authority-directory.ts';
import { thisUpdateOf } from '../../src/trustchain/crl.ts';
import { meshPolicy } from '../../src/trustchain/policy.ts';

const dayMs = 24 * 60 * 60 * 1000;
const nowMs = Date.UTC(2026, 4, 17);
const passphrase = 'open sesame';
let parent = '';
let place: AuthorityPlace;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'authority-'));
  place = {
    directory: join(parent, 'authority'),
    passphrase: null, // sealing takes its time, and two tests do it
    policy: meshPolicy,
    urls: null,
    nowMs,
    chance: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
  };
});
afterEach(() => rmSync(parent, { recursive: true }));

const file = (name: string): string => join(place.directory, name);

test('What was made opens again as the same authority, its keys sealed', () => {
  const sealed = { ...place, passphrase };
  const made = openOrCreateAuthority(sealed, 'p256');
  const opened = openOrCreateAuthority(sealed, 'ed25519');
  expect(opened.pem).toBe(made.pem);
  expect(opened.key.algorithm).toBe('p256');
  for (const name of ['root.key.pem', 'intermediate.key.pem']) {
    expect(readFileSync(file(name), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  }
  const root = new X509Certificate(readFileSync(file('root.pem')));
  expect(new X509Certificate(made.chainPem).checkIssued(root)).toBe(true);
});

test('A wrong passphrase is told from a missing one, each with the file it is for', () => {
  createAuthority({ ...place, passphrase }, 'ed25519');
  const opening = (other: string | null) => () => openAuthority({ ...place, passphrase: other });
  expect(opening('close sesame')).toThrow(/intermediate\.key\.pem: the passphrase is wrong/);
  expect(opening(null)).toThrow(/intermediate\.key\.pem: the key is encrypted/);
});

test('The root\u2019s key may be away, as long as nothing needs it', () => {
  createAuthority(place, 'ed25519');
  const { pem } = openAuthority(place);
  copyFileSync(file('root.key.pem'), join(parent, 'safe'));
  rmSync(file('root.key.pem'));
  expect(openAuthority(place).pem).toBe(pem);
  const policy = { ...meshPolicy, allowedSuffixes: ['mesh', 'example.org'] };
  expect(() => openAuthority({ ...place, policy })).toThrow(/confined to other names.*root\.key/);
  expect(() => openAuthority({ ...place, nowMs: nowMs + 2000 * dayMs })).toThrow(/has ended/);
  copyFileSync(join(parent, 'safe'), file('root.key.pem'));
  const again = openAuthority({ ...place, policy });
  expect(again.pem).not.toBe(pem);
  expect(again.key.keyHash).toBe(openAuthority({ ...place, policy }).key.keyHash);
  rmSync(file('root.key.pem'));
  expect(openAuthority({ ...place, policy }).pem).toBe(again.pem);
});

test('An intermediate with less than a year is signed again, for the same key', () => {
  createAuthority(place, 'ed25519');
  const first = openAuthority(place);
  const lateMs = first.certificate.notAfterMs - 300 * dayMs;
  const second = openAuthority({ ...place, nowMs: lateMs });
  expect(second.key.keyHash).toBe(first.key.keyHash);
  expect(second.certificate.notAfterMs).toBeGreaterThan(first.certificate.notAfterMs);
  expect(second.root.der).toEqual(first.root.der);
});

test('The root\u2019s list is signed again after half of its year, if its key is there', () => {
  createAuthority(place, 'ed25519');
  const first = openAuthority(place);
  expect(openAuthority({ ...place, nowMs: nowMs + 180 * dayMs }).rootCrl).toEqual(first.rootCrl);
  const later = { ...place, nowMs: nowMs + 190 * dayMs };
  copyFileSync(file('root.key.pem'), join(parent, 'safe'));
  rmSync(file('root.key.pem'));
  expect(openAuthority(later).rootCrl).toEqual(first.rootCrl);
  copyFileSync(join(parent, 'safe'), file('root.key.pem'));
  const second = openAuthority(later);
  expect(thisUpdateOf(second.rootCrl!, second.root)).toBe(later.nowMs);
  expect(openAuthority(later).rootCrl).toEqual(second.rootCrl);
});

test('A directory that is older than the list gets one, and another\u2019s is not taken', () => {
  createAuthority(place, 'ed25519');
  rmSync(file('root.crl.pem'));
  const { rootCrl, root } = openAuthority(place);
  expect(thisUpdateOf(rootCrl!, root)).toBe(nowMs);
  const other = { ...place, directory: join(parent, 'other') };
  createAuthority(other, 'ed25519');
  copyFileSync(join(other.directory, 'root.crl.pem'), file('root.crl.pem'));
  expect(() => openAuthority(place)).toThrow(/root\.crl\.pem: found something else/);
});

test('An intermediate of another place is signed again, if the root\u2019s key is there', () => {
  createAuthority(place, 'ed25519');
  const silent = openAuthority(place);
  const placed = { ...place, urls: { base: 'http://ca.mesh' } };
  copyFileSync(file('root.key.pem'), join(parent, 'safe'));
  rmSync(file('root.key.pem'));
  expect(openAuthority(placed).pem).toBe(silent.pem);
  copyFileSync(join(parent, 'safe'), file('root.key.pem'));
  const speaking = openAuthority(placed);
  expect(Buffer.from(speaking.certificate.der).toString('latin1')).toContain(
    'http://ca.mesh/crl/root.der',
  );
  expect(openAuthority(placed).pem).toBe(speaking.pem);
  expect(openAuthority(place).pem).toBe(speaking.pem);
});

test.each([
  ['root.pem', 'signed by itself'],
  ['intermediate.pem', 'signed by root.pem'],
  ['intermediate.key.pem', 'no PEM block PRIVATE KEY'],
])('A directory with junk for %s says so', (name, reason) => {
  createAuthority(place, 'ed25519');
  writeFileSync(file(name), 'junk');
  expect(() => openAuthority(place)).toThrow(reason);
});

test('Another\u2019s intermediate or key is not taken', () => {
  createAuthority(place, 'ed25519');
  const other = { ...place, directory: join(parent, 'other') };
  createAuthority(other, 'ed25519');
  const swap = (name: string) => copyFileSync(join(other.directory, name), file(name));
  swap('intermediate.key.pem');
  expect(() => openAuthority(place)).toThrow(/intermediate\.pem: found a certificate of another/);
  swap('intermediate.pem');
  expect(() => openAuthority(place)).toThrow(/signed by root\.pem/);
});

test('Nothing is made over what is there, nor with a passphrase anybody guesses', () => {
  expect(() => createAuthority({ ...place, passphrase: 'sesame' }, 'p256')).toThrow(/6 characters/);
  const policy = { ...meshPolicy, allowedNetworks: ['10.0.0.1/8'] };
  expect(() => createAuthority({ ...place, policy }, 'p256')).toThrow(/allowedNetworks/);
  createAuthority(place, 'ed25519');
  expect(() => createAuthority(place, 'ed25519')).toThrow(/found a directory/);
});

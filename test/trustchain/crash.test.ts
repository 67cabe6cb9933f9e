import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import type { CertificateAuthority, IssuanceOutcome } from '../../src/trustchain/authority.ts';
import { type LogStorage, MemoryLogStorage } from '../../src/trustchain/log/storage.ts';
import { DamagedLog } from '../../src/trustchain/log/transparency-log.ts';
import { verifyCertificate } from '../../src/trustchain/verify.ts';
import { DyingDisk } from './dying-disk.ts';
import {
  csrFor,
  FakeCluster,
  makeIssuer as honestIssuer,
  issue,
  makeAuthority,
  makeLog,
} from './fake-cluster.ts';

/** An issuer that notes what it puts its signature on. */
function watchedIssuer() {
  const issuer = honestIssuer();
  const signed: string[] = [];
  const sign = (bytes: Uint8Array): Uint8Array => {
    signed.push(toHex(bytes));
    return issuer.key.sign(bytes);
  };
  return { issuer: { ...issuer, key: { ...issuer.key, sign } }, signed };
}

function start(
  disk: DyingDisk,
  cluster: FakeCluster,
  issuer = honestIssuer(),
): CertificateAuthority {
  const { journal, storage } = disk.restart();
  const authority = makeAuthority(cluster, { journal, log: makeLog(storage), issuer });
  authority.recover((error) => expect(error).toBeNull());
  return authority;
}

function askInto(answers: IssuanceOutcome[], authority: CertificateAuthority, c: FakeCluster) {
  authority.request(csrFor('host-1.mesh'), { requestId: 'r-1' }, c.agent(), (outcome) =>
    answers.push(outcome),
  );
}

// An issuance writes four times: the draft, the intent, the log entry, the certificate.
const crashes = [1, 2, 3, 4].flatMap((write) => [
  [write, false, 'before it is on disk'] as const,
  [write, true, 'after it is on disk'] as const,
]);

test.each(crashes)('A crash at write %i (kept: %s) loses and doubles nothing', (write, kept) => {
  const cluster = new FakeCluster();
  const { issuer, signed } = watchedIssuer();
  const disk = new DyingDisk();
  disk.left = write;
  disk.lastIsKept = kept;
  const before: IssuanceOutcome[] = [];
  askInto(before, start(disk, cluster, issuer), cluster);
  expect(before).toEqual([]);

  disk.left = Number.POSITIVE_INFINITY;
  const authority = start(disk, cluster, issuer);
  const after: IssuanceOutcome[] = [];
  askInto(after, authority, cluster);
  expect(after).toMatchObject([{ type: 'issued' }]);
  expect(authority.store.size).toBe(1);
  expect(authority.pending).toBe(0);
  expect([...disk.entries.keys()].map((key) => key.split('/')[0]).sort()).toEqual([
    'answer',
    'issued',
    'log',
  ]);
  expect(disk.records).toHaveLength(1);
  // However often it was signed, it was one certificate; and the operation was one request.
  expect(new Set(signed.map((tbs) => serialIn(tbs))).size).toBe(1);
  if (write > 1 || kept) {
    expect(new Set(cluster.submitted.map((operation) => toHex(operation))).size).toBe(1);
  }
  const [issued] = authority.store.all();
  const { validatorsJson, caPem } = authority;
  const { pem: certificatePem, proofJson } = issued!;
  expect(verifyCertificate({ certificatePem, proofJson, validatorsJson, caPem }).ok).toBe(true);
});

/** Hex of the serial in a to-be-signed certificate: after the version, INTEGER of 16 octets. */
function serialIn(tbs: string): string {
  const at = tbs.indexOf('a0030201020210');
  expect(at).toBeGreaterThan(0);
  return tbs.slice(at + 14, at + 46);
}

test('Nothing is signed before the record of what is signed is on disk', () => {
  const cluster = new FakeCluster();
  const { issuer, signed } = watchedIssuer();
  const disk = new DyingDisk();
  disk.left = 2;
  askInto([], start(disk, cluster, issuer), cluster);
  expect(signed).toEqual([]);
});

test('What was about to be signed is signed after the restart, without being asked', () => {
  const cluster = new FakeCluster();
  const disk = new DyingDisk();
  disk.left = 2;
  disk.lastIsKept = true;
  askInto([], start(disk, cluster), cluster);
  disk.left = Number.POSITIVE_INFINITY;
  const authority = start(disk, cluster);
  const [certificate] = authority.store.all();
  expect(new X509Certificate(certificate!.pem).subject).toBe('CN=host-1.mesh');
});

test('A certificate of before the crash is still there, and is given again', () => {
  const cluster = new FakeCluster();
  const disk = new DyingDisk();
  const first: IssuanceOutcome[] = [];
  askInto(first, start(disk, cluster), cluster);
  const again: IssuanceOutcome[] = [];
  askInto(again, start(disk, cluster), cluster);
  const [one, two] = [...first, ...again];
  expect(one?.type === 'issued' && two?.type === 'issued').toBe(true);
  if (one?.type !== 'issued' || two?.type !== 'issued') return;
  expect(two.certificate).toEqual(one.certificate);
  expect(cluster.submitted).toHaveLength(1);
});

test('After a failed write nothing more is issued until a restart', () => {
  const cluster = new FakeCluster();
  let full = true;
  const broken: Journal = {
    load: (done) => done(null, []),
    write: (_write, done) => {
      done(full ? new Error('no space left') : null);
      full = false;
    },
  };
  const authority = makeAuthority(cluster, { journal: broken });
  const answers: IssuanceOutcome[] = [];
  askInto(answers, authority, cluster);
  askInto(answers, authority, cluster);
  const failed = { type: 'refused', refusal: { code: 'storageFailed', detail: 'no space left' } };
  expect(answers).toEqual([failed, failed]);
  expect(cluster.submitted).toEqual([]);
});

test.each([
  ['a changed byte', (value: Uint8Array) => value.map((byte, i) => (i === 90 ? byte ^ 1 : byte))],
  ['a missing end', (value: Uint8Array) => value.slice(0, -1)],
])('A record with %s stops the start: it is not issued on top of', (_what, change) => {
  const cluster = new FakeCluster();
  const disk = new DyingDisk();
  disk.left = 2;
  disk.lastIsKept = true;
  askInto([], start(disk, cluster), cluster);
  const key = [...disk.entries.keys()].find((it) => it.startsWith('intent/'))!;
  disk.entries.set(key, change(disk.entries.get(key)!));
  const errors: (Error | null)[] = [];
  makeAuthority(cluster, { journal: disk.restart().journal }).recover((error) =>
    errors.push(error),
  );
  expect(errors).toMatchObject([{ code: 'DAMAGED_JOURNAL' }]);
});

test('After a failed log entry nothing more is issued until a restart', () => {
  const cluster = new FakeCluster();
  const storage = new MemoryLogStorage();
  const broken: LogStorage = {
    size: 0,
    read: (index) => storage.read(index),
    append: (_record, done) => done(new Error('no space left')),
  };
  const journal = new DyingDisk().journal;
  const authority = makeAuthority(cluster, { journal, log: makeLog(broken) });
  const answers: IssuanceOutcome[] = [];
  askInto(answers, authority, cluster);
  askInto(answers, authority, cluster);
  const failed = { type: 'refused', refusal: { code: 'storageFailed', detail: 'no space left' } };
  expect(answers).toEqual([failed, failed]);
  expect(authority.store.size).toBe(0);
});

/** A disk with two certificates on it. */
function issuedTwice(): { cluster: FakeCluster; disk: DyingDisk } {
  const cluster = new FakeCluster();
  const disk = new DyingDisk();
  const authority = start(disk, cluster);
  for (const name of ['one', 'two']) issue(authority, cluster, name, csrFor(`${name}.mesh`));
  return { cluster, disk };
}

test.each<[string, (disk: DyingDisk) => void, string]>([
  ['lost its end', (disk) => disk.records.pop(), 'log/size: the log had 2 entries, now it has 1'],
  [
    'lost its end, and the journal its count',
    (disk) => {
      disk.records.pop();
      disk.entries.delete('log/size');
    },
    'not in the log, should be entry 1',
  ],
  ['has its entries in another order', (disk) => disk.records.reverse(), 'should be entry'],
])('A log that %s is not promised on top of', (_what, change, detail) => {
  const { cluster, disk } = issuedTwice();
  change(disk);
  const { journal, storage } = disk.restart();
  const errors: (Error | null)[] = [];
  const authority = makeAuthority(cluster, { journal, log: makeLog(storage) });
  authority.recover((error) => errors.push(error));
  expect(errors).toMatchObject([{ code: 'DAMAGED_JOURNAL' }]);
  expect(errors[0]?.message).toContain(detail);
});

test('A log with bytes in it that are no entry does not start', () => {
  const { disk } = issuedTwice();
  disk.records[1] = disk.records[1]!.slice(0, -1);
  expect(() => makeLog(disk.restart().storage)).toThrow(DamagedLog);
});

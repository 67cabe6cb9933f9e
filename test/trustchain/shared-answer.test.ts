import { serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { Writer } from '../../src/base/codec.ts';
import { Random } from '../../src/base/random.ts';
import { maxSharedRequests } from '../../src/daemon/limits.ts';
import { encodeResult, maxResultBytes, type ValidationResult } from '../../src/ledger/result.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import type { CertificateAuthority, IssuanceOutcome } from '../../src/trustchain/authority.ts';
import type { IssuedCertificate } from '../../src/trustchain/certificate-store.ts';
import {
  type DraftRecord,
  decodeDraft,
  decodeIntent,
  decodeIssued,
  type IntentRecord,
  type IssuedRecord,
  type RequestKey,
  type SharedRecords,
} from '../../src/trustchain/issuance-record.ts';
import { KeptCertificate } from '../../src/trustchain/kept-certificate.ts';
import { ownPart, wholeOf } from '../../src/trustchain/own-part.ts';
import { readJournal } from '../../src/trustchain/recovery.ts';
import { verifyCertificate } from '../../src/trustchain/verify.ts';
import { DyingDisk } from './dying-disk.ts';
import { csrFor, FakeCluster, makeAuthority, makeLog } from './fake-cluster.ts';
import { SharedCluster } from './shared-cluster.ts';

const csrs = Array.from({ length: 16 }, (_, i) => csrFor(`host-${i}.mesh`));

/** No two lives of an authority give the same serial. */
const random = new Random('serials of all lives');
const chance = (sizeBytes: number): Uint8Array => random.bytes(sizeBytes);

function start(cluster: FakeCluster, disk: DyingDisk, clock = { nowMs: () => now }) {
  const { journal, storage } = disk.restart();
  const log = makeLog(storage);
  const authority = makeAuthority(cluster, { journal, log, clock, chance });
  const errors: (Error | null)[] = [];
  authority.recover((error) => errors.push(error));
  return { authority, error: errors[0] ?? null };
}

let now = Date.UTC(2026, 4, 17, 12, 0, 0, 250);

function issueAll(authority: CertificateAuthority, cluster: FakeCluster, count: number) {
  const issued: IssuedCertificate[] = [];
  for (let i = 0; i < count; i++) {
    const hear = (outcome: IssuanceOutcome): void => {
      if (outcome.type !== 'issued') throw new Error(JSON.stringify(outcome));
      issued.push(outcome.certificate);
    };
    const requestId = `r-${String(i).padStart(2, '0')}`;
    authority.request(csrs[i] ?? '', { requestId }, cluster.agent(), hear);
  }
  return issued;
}

/** Octets that each kind of record was written with, all certificates together. */
function writtenBy(together: number): Map<string, number> {
  const cluster = new SharedCluster(together);
  const disk = new DyingDisk();
  const { journal } = disk;
  // As on a real disk: what is asked for at the same time is under way at the same time.
  disk.slow = true;
  const written = new Map<string, number>();
  const counting: Journal = {
    load: journal.load,
    write: (write, done) => {
      for (const { key, value } of write.puts) {
        const kind = key.slice(0, key.indexOf('/'));
        written.set(kind, (written.get(kind) ?? 0) + key.length + value.length);
      }
      journal.write(write, done);
    },
  };
  const authority = makeAuthority(cluster, { journal: counting });
  authority.recover(() => {});
  const issued = issueAll(authority, cluster, 16);
  disk.settle();
  expect(issued).toHaveLength(16);
  return written;
}

test('What a certificate writes of its own does not grow with its neighbours', () => {
  const [alone, together] = [writtenBy(1), writtenBy(16)];
  for (const kind of ['draft', 'intent', 'issued', 'log']) {
    // One octet of length more in each of the headers around the larger extension.
    expect(together.get(kind)).toBeLessThanOrEqual((alone.get(kind) ?? 0) + 16 * 8);
  }
  const all = [...together.values()].reduce((sum, bytes) => sum + bytes, 0);
  expect(all / 16).toBeLessThan(6 * 1024);
});

test('Neighbours keep one answer between them, in memory and on disk', () => {
  const cluster = new SharedCluster(16);
  const disk = new DyingDisk();
  const held = (authority: CertificateAuthority): void => {
    const kept = authority.store.all() as KeptCertificate[];
    expect(new Set(kept.map(({ answer }) => answer)).size).toBe(1);
    for (const certificate of kept) {
      expect(certificate).toBeInstanceOf(KeptCertificate);
      const own = { ...certificate, answer: null };
      expect(serialize(own).length).toBeLessThan(2048);
    }
  };
  const { authority } = start(cluster, disk);
  const issued = issueAll(authority, cluster, 16);
  held(authority);
  const keys = [...disk.entries.keys()];
  expect(keys.filter((key) => key.startsWith('answer/'))).toHaveLength(1);
  expect(keys.filter((key) => key.startsWith('operation/'))).toEqual([]);
  const again = start(cluster, disk).authority;
  held(again);
  for (const { serial, pem, proofJson } of issued) {
    expect(again.store.get(serial)).toMatchObject({ pem, proofJson });
    const { validatorsJson, caPem } = again;
    const input = { certificatePem: pem, proofJson, validatorsJson, caPem };
    expect(verifyCertificate(input).checks.filter(({ ok }) => !ok)).toEqual([]);
  }
});

test('An answer is forgotten with the last certificate on it, also after a restart', () => {
  const cluster = new SharedCluster(2);
  const disk = new DyingDisk();
  const from = now;
  issueAll(start(cluster, disk).authority, cluster, 4);
  const { authority } = start(cluster, disk);
  now += 30 * 60 * 60 * 1000;
  issueAll(authority, cluster, 0);
  authority.request('nothing', { requestId: 'r' }, cluster.agent(), () => {});
  // Only a request that gets through the first checks makes it look.
  authority.request(csrs[0] ?? '', { requestId: 'late' }, cluster.agent(), () => {});
  now = from;
  expect([...disk.entries.keys()].map((key) => key.split('/')[0])).toEqual(['log']);
});

test.each<[string, (disk: DyingDisk, key: string) => void, RegExp]>([
  ['changed', (disk, key) => disk.entries.get(key)!.fill(0, 60, 61), /answer/],
  ['gone', (disk, key) => void disk.entries.delete(key), /answer: no record of/],
  [
    'alone',
    (disk) => {
      for (const key of [...disk.entries.keys()]) {
        if (key.startsWith('issued/')) disk.entries.delete(key);
      }
    },
    /no other record names it/,
  ],
])('A start is refused when a shared answer is %s', (_what, damage, message) => {
  const cluster = new SharedCluster(2);
  const disk = new DyingDisk();
  issueAll(start(cluster, disk).authority, cluster, 2);
  damage(disk, [...disk.entries.keys()].find((key) => key.startsWith('answer/'))!);
  const { error } = start(cluster, disk);
  expect(error).toMatchObject({ code: 'DAMAGED_JOURNAL' });
  expect(error?.message).toMatch(message);
});

/** As records were before answers had one of their own: each with all of it. */
const whole = {
  key: (key: RequestKey): Writer =>
    new Writer().text(key.requestId).fixed(key.nodeId).digest(key.fingerprint).u8(0),
  draft: (it: DraftRecord): Uint8Array =>
    whole.key(it).bytes(it.tbs0).bytes(it.operation).u53(it.startedAtMs).finish(),
  intent: (it: IntentRecord, serial: string): Uint8Array =>
    whole.key(it).bytes(it.tbs).text(it.answer.proofJson(serial)).u53(it.logSize).finish(),
  issued: (it: IssuedRecord, serial: string): Uint8Array => {
    const writer = whole.key(it).bytes(it.certificate).text(it.answer.proofJson(serial));
    return writer.u53(it.logIndex).finish();
  },
};

function rewriteWhole(disk: DyingDisk): void {
  const entries = [...disk.entries].map(([key, value]) => ({ key, value }));
  const found = readJournal(entries);
  if (found instanceof Error) throw found;
  const take = <T>(decoded: { ok: boolean; value?: T }): T => decoded.value as T;
  const shared: SharedRecords = found.shared;
  for (const { key, value } of entries) {
    const [kind, serial = ''] = key.split('/');
    if (kind === 'draft') disk.entries.set(key, whole.draft(take(decodeDraft(value, shared))));
    if (kind === 'intent') {
      disk.entries.set(key, whole.intent(take(decodeIntent(value, shared)), serial));
    }
    if (kind === 'issued') {
      disk.entries.set(key, whole.issued(take(decodeIssued(value, shared)), serial));
    }
    if (kind === 'operation' || kind === 'answer') disk.entries.delete(key);
  }
}

// Two requests write a draft each, then an intent each, then log entries, then certificates.
test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'A journal of whole records goes on from write %i on: what was issued stays, the rest is issued',
  (write) => {
    const cluster = new SharedCluster(2);
    const disk = new DyingDisk();
    disk.left = write;
    disk.lastIsKept = true;
    const before = issueAll(start(cluster, disk).authority, cluster, 2);
    disk.left = Number.POSITIVE_INFINITY;
    rewriteWhole(disk);
    const { authority, error } = start(cluster, disk);
    expect(error).toBeNull();
    // What the crash left of the two may be one.
    cluster.together = 1;
    const after = issueAll(authority, cluster, 2);
    expect(after).toHaveLength(2);
    for (const { serial, pem, proofJson } of before) {
      expect(after.find((it) => it.serial === serial)).toMatchObject({ pem, proofJson });
    }
    for (const { pem, proofJson } of after) {
      const { validatorsJson, caPem } = authority;
      const input = { certificatePem: pem, proofJson, validatorsJson, caPem };
      expect(verifyCertificate(input).checks.filter(({ ok }) => !ok)).toEqual([]);
    }
    expect(start(cluster, disk).error).toBeNull();
    const kinds = new Set([...disk.entries.keys()].map((key) => key.split('/')[0]));
    expect(kinds.has('draft') || kinds.has('intent') || kinds.has('operation')).toBe(false);
  },
);

test("A certificate is read again where its neighbours' decisions are as long as can be", () => {
  const measure = { measured: 'm'.repeat(48), required: 'r'.repeat(48) };
  const failed = ['space', 'stake', 'work', 'time', 'signature', 'replay'] as const;
  const cluster = new FakeCluster();
  let resultBytes = 0;
  const crowded = (honest: ValidationResult): Uint8Array => {
    const failures = failed.map((proof) => ({ proof, reason: 'x'.repeat(140), ...measure }));
    const other = {
      ...honest,
      requestId: 'y'.repeat(64),
      tbsDigest: 'ab'.repeat(32),
      status: 'invalid',
      failures,
      measured: { space: measure, stake: measure, work: measure, time: measure },
    } as const;
    const decisions = [honest, ...Array<typeof other>(maxSharedRequests - 1).fill(other)];
    const result = encodeResult({ ...honest, type: 'validations', decisions });
    resultBytes = result.length;
    return result;
  };
  cluster.lies = { result: crowded };
  const disk = new DyingDisk();
  const [issued] = issueAll(start(cluster, disk).authority, cluster, 1);
  // The ledger lets 64 have twice as many.
  expect(resultBytes).toBeGreaterThan(62 * 1024);
  expect(resultBytes).toBeLessThan(maxResultBytes / 2);
  const { authority, error } = start(cluster, disk);
  expect(error).toBeNull();
  const { serial = '', pem = '', proofJson = '' } = issued ?? {};
  expect(authority.store.get(serial)).toMatchObject({ pem, proofJson });
  const { validatorsJson, caPem } = authority;
  const input = { certificatePem: pem, proofJson, validatorsJson, caPem };
  expect(verifyCertificate(input).checks.filter(({ ok }) => !ok)).toEqual([]);
});

test('A shared part is found behind bytes that only begin like it', () => {
  const part = random.bytes(200);
  const before = concatBytes(part.subarray(0, 40), random.bytes(40));
  const whole = concatBytes(before, part, random.bytes(40));
  const own = ownPart(whole, part);
  expect(own.at).toBe(before.length);
  expect(wholeOf(own, part)).toEqual(whole);
});

test('A part that is not there is a mistake of ours', () => {
  const part = random.bytes(200);
  expect(() => ownPart(part.subarray(0, 199), part)).toThrow('shared');
});

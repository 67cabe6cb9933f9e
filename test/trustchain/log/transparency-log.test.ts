import { expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { signCertificate } from '../../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../../src/trustchain/keys.ts';
import { draftLeaf } from '../../../src/trustchain/leaf.ts';
import { leafProfile } from '../../../src/trustchain/leaf-profile.ts';
import type { LogEntry } from '../../../src/trustchain/log/entry.ts';
import { logKey } from '../../../src/trustchain/log/log-key.ts';
import { poisoned } from '../../../src/trustchain/log/precertificate.ts';
import { type LogStorage, MemoryLogStorage } from '../../../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../../../src/trustchain/log/transparency-log.ts';
import { verifyTreeHead } from '../../../src/trustchain/log/tree-head.ts';
import { makeIssuer, nowMs } from '../fake-cluster.ts';

const key = logKey(signingKeyFromSeed(new Random('log').bytes(32)));
const issuer = makeIssuer();
const random = new Random('entries');

function entryOf(name: string): Omit<LogEntry, 'timestampMs'> {
  const { tbs0: tbs } = draftLeaf({
    issuer,
    profile: leafProfile,
    serial: random.bytes(16).with(0, 0x41),
    nowMs,
    publicKey: issuer.key.publicKey,
    names: { commonName: name, dnsNames: [name], ipAddresses: [] },
    urls: null,
  });
  const precertificate = signCertificate(poisoned(tbs), issuer.key);
  return { issuerKeyHash: issuer.key.keyHash, tbs, precertificate };
}

/** A log whose appends take until `settle`, and a clock of the test's own. */
function slowLog() {
  const memory = new MemoryLogStorage();
  const waiting: (() => void)[] = [];
  const storage: LogStorage = {
    get size() {
      return memory.size;
    },
    read: (index) => memory.read(index),
    append: (record, done) => waiting.push(() => memory.append(record, done)),
  };
  const time = { nowMs: 1000 };
  const log = new TransparencyLog(key, storage, { nowMs: () => time.nowMs });
  const times: number[] = [];
  const append = (name: string): void => {
    log.append(entryOf(name), (error, logged) => {
      if (error !== null || logged === null) throw error ?? new Error('nothing logged');
      times.push(logged.entry.timestampMs);
    });
  };
  return {
    log,
    memory,
    time,
    times,
    append,
    settle: () => {
      for (const happen of waiting.splice(0)) happen();
    },
  };
}

test('An entry is in the tree when its storage has it, not before', () => {
  const { log, append, settle } = slowLog();
  append('a.mesh');
  expect([log.size, log.head().treeSize]).toEqual([0, 0]);
  settle();
  expect([log.size, log.head().treeSize]).toEqual([1, 1]);
});

test('No head is as young as an entry that it lacks: the merge delay is zero', () => {
  const { log, time, times, append, settle } = slowLog();
  for (let round = 0; round < 40; round++) {
    time.nowMs += [0, 0, 1, 7, 70_000][round % 5]!;
    const before = log.head();
    append(`a${round}.mesh`);
    if (round % 3 === 0) append(`b${round}.mesh`);
    time.nowMs += [0, 3, 61_000][round % 3]!;
    const during = log.head();
    expect(verifyTreeHead(key.publicKey, during)).toBe(true);
    settle();
    const after = log.head();
    for (const head of [before, during, after]) {
      const lacking = times.slice(head.treeSize);
      for (const timestamp of lacking) expect(timestamp).toBeGreaterThan(head.timestampMs);
      const newest = Math.max(0, ...times.slice(0, head.treeSize));
      expect(head.timestampMs).toBeGreaterThanOrEqual(newest);
    }
    expect(after.treeSize).toBe(times.length);
    expect(after.timestampMs).toBeGreaterThan(during.timestampMs);
  }
});

test('A head stands while nothing changes, and is signed anew now and then', () => {
  const { log, time } = slowLog();
  const first = log.head();
  time.nowMs += 59_000;
  expect(log.head()).toBe(first);
  time.nowMs += 1_000;
  expect(log.head()).toMatchObject({ treeSize: 0, timestampMs: first.timestampMs + 60_000 });
});

test('A clock that goes back takes neither heads nor entries with it', () => {
  const { log, time, times, append, settle } = slowLog();
  append('a.mesh');
  settle();
  const first = log.head();
  time.nowMs = 10;
  append('b.mesh');
  settle();
  const second = log.head();
  expect(times[1]).toBeGreaterThan(first.timestampMs);
  expect(second.timestampMs).toBeGreaterThanOrEqual(times[1]!);
});

test('A log that starts again has the tree it had', () => {
  const { log, memory, time, append, settle } = slowLog();
  for (let i = 0; i < 9; i++) append(`a${i}.mesh`);
  settle();
  const again = new TransparencyLog(key, memory, { nowMs: () => time.nowMs });
  expect(again.head().rootHash).toEqual(log.head().rootHash);
  expect(again.entry(5)).toEqual(log.entry(5));
  expect(again.head().timestampMs).toBeGreaterThanOrEqual(log.entry(8).timestampMs);
});

test('A promise is on an entry of the tree, or it is not made', () => {
  const { log } = slowLog();
  expect(() => log.promise({ ...entryOf('a.mesh'), timestampMs: 5 })).toThrow('entry of the tree');
});

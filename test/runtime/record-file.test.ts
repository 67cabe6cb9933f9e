import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { maxRecordBytes } from '../../src/runtime/limits.ts';
import { RecordFile } from '../../src/runtime/record-file.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hypermesh-records-'));
  path = join(directory, 'log');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const random = new Random('records');
const records = [1, 300, 70_000, 5, maxRecordBytes, 2_000].map((size) => random.bytes(size));

function append(file: RecordFile, record: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    file.append(record, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** A closed file with all records. */
async function prepared(of: readonly Uint8Array[] = records): Promise<Buffer> {
  const file = RecordFile.open(path);
  await Promise.all(of.map((record) => append(file, record)));
  await file.close();
  return readFile(path);
}

async function reopened(): Promise<Uint8Array[]> {
  const file = RecordFile.open(path);
  const found = Array.from({ length: file.size }, (_, i) => file.read(i));
  await file.close();
  return found;
}

test('Records come back in their order, whatever their sizes', async () => {
  await prepared();
  expect(await reopened()).toEqual(records);
});

test('A record is there to be read once its append is confirmed, and not before', async () => {
  const file = RecordFile.open(path);
  const first = append(file, records[0]!);
  const second = append(file, records[1]!);
  expect(file.size).toBe(0);
  await first;
  expect(file.read(0)).toEqual(records[0]);
  // What is appended in the answer to another goes with the next group.
  const third = append(file, records[2]!);
  await Promise.all([second, third]);
  expect([file.read(1), file.read(2)]).toEqual([records[1], records[2]]);
  await file.close();
});

test('Records of a later life follow those of the earlier ones', async () => {
  await prepared(records.slice(0, 2));
  await prepared(records.slice(2));
  expect(await reopened()).toEqual(records);
});

test('A record that a crash cut short is passed over, and can be written again', async () => {
  const small = records.slice(0, 2);
  const whole = await prepared([...small, records[3]!]);
  const short = await (async () => {
    await rm(path);
    return (await prepared(small)).length;
  })();
  for (let size = short; size < whole.length; size++) {
    await writeFile(path, whole.subarray(0, size));
    expect(await reopened()).toEqual(small);
    await prepared([records[3]!]);
    expect(await readFile(path)).toEqual(whole);
  }
});

test('Room at the end that was never written is cut off', async () => {
  const whole = await prepared();
  await truncate(path, whole.length + 5000);
  expect(await reopened()).toEqual(records);
  await prepared([records[0]!]);
  expect(await reopened()).toEqual([...records, records[0]]);
  expect((await stat(path)).size).toBe(whole.length + 12 + records[0]!.length);
});

test('A file whose header a crash cut short is begun again', async () => {
  const whole = await prepared([]);
  for (let size = 0; size < whole.length; size++) {
    await writeFile(path, whole.subarray(0, size));
    expect(await reopened()).toEqual([]);
    expect(await readFile(path)).toEqual(whole);
  }
});

test('No byte can change without being noticed', async () => {
  const whole = await prepared([records[0]!, records[1]!, records[3]!]);
  for (let at = 0; at < whole.length; at++) {
    await writeFile(path, whole.with(at, whole[at]! ^ 0x10));
    // Only the last record's length looks as if a crash had cut the record short.
    const last = whole.length - 12 - records[3]!.length;
    if (at >= last && at < last + 4) {
      const found = await reopened().catch(() => null);
      if (found !== null) expect(found).toEqual(records.slice(0, 2));
      continue;
    }
    expect(() => RecordFile.open(path), `byte ${at}`).toThrow(
      expect.objectContaining({ code: 'JOURNAL_CORRUPT' }),
    );
  }
});

test('Two records that changed places are noticed', async () => {
  const header = (await prepared([])).length;
  const [a, b] = [random.bytes(50), random.bytes(50)];
  await prepared([a, b]);
  const whole = await readFile(path);
  const frame = (whole.length - header) / 2;
  const swapped = concatBytes(
    whole.subarray(0, header),
    whole.subarray(header + frame),
    whole.subarray(header, header + frame),
  );
  await writeFile(path, swapped);
  expect(() => RecordFile.open(path)).toThrow(`record 0 at byte ${header} is damaged`);
});

test('A record that changed while the file was open is not given out', async () => {
  const file = RecordFile.open(path);
  await append(file, records[1]!);
  const whole = await readFile(path);
  await writeFile(path, whole.with(whole.length - 1, whole[whole.length - 1]! ^ 1));
  expect(() => file.read(0)).toThrow('record 0 is damaged');
  await file.close();
});

test('Nothing is confirmed after the file was closed', async () => {
  const file = RecordFile.open(path);
  await file.close();
  await expect(append(file, records[0]!)).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
});

test('A path that cannot be a file is refused with its name', () => {
  expect(() => RecordFile.open(directory)).toThrow(directory);
});

import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { JournalRecord } from '../../src/pbft/journal-record.ts';
import type { Envelope, Operation, PrePrepare } from '../../src/pbft/messages.ts';
import { decodeRecord, encodeRecord } from '../../src/pbft/record-codec.ts';
import { encodeStatement } from '../../src/pbft/statement-codec.ts';

function headerAt(sequence: number): Envelope<PrePrepare> {
  const batchDigest = 'a'.repeat(64);
  const statement = { type: 'prePrepare', view: 0, sequence, batchDigest, timestamp: 1 } as const;
  return {
    sender: 0,
    payload: encodeStatement(statement),
    statement,
    signature: new Uint8Array([sequence]),
  };
}

const accepted = (header: Envelope<PrePrepare>, batch: readonly Operation[]): JournalRecord => ({
  type: 'accepted',
  header,
  batch,
});

const header = headerAt(7);
const batch = [utf8('an operation')];

describe('the record of a header that others of this process accepted', () => {
  it('is made once for one header and batch', () => {
    const first = encodeRecord(accepted(header, batch));
    expect(encodeRecord(accepted(header, batch))).toBe(first);
  });

  it.each<[string, Envelope<PrePrepare>, readonly Operation[]]>([
    ['another header', headerAt(8), batch],
    ['another batch', header, [utf8('another operation')]],
  ])('is not that of %s', (_, otherHeader, otherBatch) => {
    // Whichever of them was the last one before.
    for (const record of [accepted(header, batch), accepted(otherHeader, otherBatch)]) {
      expect(decodeRecord(encodeRecord(record))).toEqual({ ok: true, value: record });
    }
  });

  it.each([
    [1024, true],
    [1025, false],
  ])('of %i bytes is kept: %s', (length, isKept) => {
    const besideIt = encodeRecord(accepted(header, [new Uint8Array(0)])).length;
    const long = [new Uint8Array(length - besideIt)];
    const first = encodeRecord(accepted(header, long));
    expect(first.length).toBe(length);
    const again = encodeRecord(accepted(header, long));
    expect(again).toEqual(first);
    expect(again === first).toBe(isKept);
  });
});

describe('the first record of a process', () => {
  let processes = 0;

  it('is made like all others', async () => {
    // Loaded anew, as in a process of its own.
    const path = `../../src/pbft/record-codec.ts?process=${processes++}`;
    const fresh: typeof import('../../src/pbft/record-codec.ts') = await import(path);
    const record = accepted(header, batch);
    expect(fresh.encodeRecord(record)).toEqual(encodeRecord(record));
  });
});

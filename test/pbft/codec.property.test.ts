import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { type Decoded, Writer } from '../../src/base/codec.ts';
import { maxSignatureBytes } from '../../src/base/signature.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Commit } from '../../src/pbft/messages.ts';
import { decodeRecord, encodeRecord } from '../../src/pbft/record-codec.ts';
import { decodeStatement, encodeStatement, writeEnvelope } from '../../src/pbft/statement-codec.ts';
import { messages, records, statements } from './arbitraries.ts';

interface Codec<T> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Decoded<T>;
  readonly kinds: Record<string, fc.Arbitrary<T>>;
}

const codecs = {
  message: { encode: encodeMessage, decode: decodeMessage, kinds: messages },
  statement: { encode: encodeStatement, decode: decodeStatement, kinds: statements },
  record: { encode: encodeRecord, decode: decodeRecord, kinds: records },
} as unknown as Record<string, Codec<unknown>>;

// One seed: a run today is the run of tomorrow.
fc.configureGlobal({ seed: 1999, endOnFailure: process.env.HUNTING === '1' });

const fewRuns = { numRuns: 25 };

for (const [codecName, { encode, decode, kinds }] of Object.entries(codecs)) {
  describe(`the codec of a ${codecName}`, () => {
    for (const [kind, arbitrary] of Object.entries(kinds)) {
      it(`gives back every ${kind} as it was`, () => {
        fc.assert(
          fc.property(arbitrary, (value) => {
            expect(decode(encode(value))).toEqual({ ok: true, value });
          }),
          fewRuns,
        );
      });

      it(`refuses every ${kind} that was cut short or has a byte too many`, () => {
        fc.assert(
          fc.property(arbitrary, fc.nat(255), (value, extra) => {
            const bytes = encode(value);
            for (let length = 0; length < bytes.length; length++) {
              expect(decode(bytes.subarray(0, length)).ok, `${length} bytes`).toBe(false);
            }
            expect(decode(concatBytes(bytes, Uint8Array.of(extra))).ok).toBe(false);
          }),
          { numRuns: 5 },
        );
      });

      it(`reads no two byte strings as the same ${kind}`, () => {
        fc.assert(
          fc.property(arbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
            const bytes = encode(value);
            bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
            const decoded = decode(bytes);
            if (decoded.ok) expect(encode(decoded.value)).toEqual(bytes);
          }),
          { numRuns: 50 },
        );
      });
    }

    it('never throws on bytes that mean nothing', () => {
      fc.assert(
        fc.property(fc.nat(20), fc.uint8Array({ maxLength: 200 }), (tag, bytes) => {
          const decoded = decode(concatBytes(Uint8Array.of(tag), bytes));
          if (!decoded.ok) expect(decoded.reason.length).toBeGreaterThan(0);
        }),
        { numRuns: 1000 },
      );
    });
  });
}

describe('what is none of the words that replicas say', () => {
  it.each(Object.entries(codecs))('is no %s, even where nothing else follows', (name, codec) => {
    for (const tag of [0, 200, 255]) {
      const decoded = codec.decode(Uint8Array.of(tag));
      if (tag === 0 && name !== 'statement') continue;
      expect(decoded).toEqual({ ok: false, reason: `${name} type ${tag}` });
    }
  });

  const commit: Commit = {
    type: 'commit',
    view: 1,
    sequence: 2,
    headerDigest: 'ab'.repeat(32),
  };
  const read = (payload: Uint8Array, signature = new Uint8Array(64)) => {
    const vote = { sender: 3, payload, signature, statement: commit };
    return decodeMessage(encodeMessage({ type: 'commit', vote }));
  };

  it('is no vote for something else, nor one that is cut short', () => {
    const prepare = encodeStatement({ ...commit, type: 'prepare' });
    expect(read(encodeStatement(commit)).ok).toBe(true);
    expect(read(prepare)).toEqual({ ok: false, reason: 'no commit where one belongs' });
    const short = encodeStatement(commit).subarray(0, 40);
    expect(read(short)).toMatchObject({ ok: false, reason: expect.stringContaining('header') });
  });

  it('is no signature longer than any', () => {
    const payload = encodeStatement(commit);
    const most = read(payload, new Uint8Array(maxSignatureBytes));
    expect(most.ok).toBe(true);
    expect(read(payload, new Uint8Array(maxSignatureBytes + 1))).toEqual({
      ok: false,
      reason: `signature: ${maxSignatureBytes + 1} bytes`,
    });
  });
});

describe('what decoding costs', () => {
  it('refuses a count that the bytes cannot hold, without making room for it', () => {
    const writer = new Writer();
    writer.u8(6).u53(1).u32(0xffff_ffff);
    const decoded = decodeStatement(writer.finish());
    expect(decoded).toMatchObject({ ok: false, reason: expect.stringContaining('viewChanges') });
  });

  it('does not follow new views into new views: a statement has a bounded depth', () => {
    let payload = encodeStatement({ type: 'newView', view: 1, viewChanges: [], headers: [] });
    for (let depth = 0; depth < 12_000; depth++) {
      const writer = new Writer(payload.length + 100);
      writer.u8(6).u53(1).u32(1);
      writeEnvelope(writer, {
        sender: 0,
        payload,
        signature: new Uint8Array(),
        statement: { type: 'newView', view: 1, viewChanges: [], headers: [] },
      });
      payload = writer.u32(0).finish();
    }
    const decoded = decodeStatement(payload);
    expect(decoded).toMatchObject({ ok: false });
  });
});

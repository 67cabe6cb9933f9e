import { describe, expect, test } from 'vitest';
import { Writer } from '../../src/base/codec.ts';
import { merkleRoot } from '../../src/base/merkle.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { proofContext } from '../../src/proofs/context.ts';
import { limits } from '../../src/proofs/limits.ts';
import { checkStatic, makeRequest, type StaticEnvironment } from '../../src/proofs/proof-set.ts';
import type { ProvenSubject, Requirements } from '../../src/proofs/request.ts';
import {
  batchFault,
  batchHash,
  batchOpenings,
  batchSigner,
  checkRequestBatch,
  makeRequestBatch,
  type RequestBatch,
  type RequestDraft,
  requestLeaf,
  signedBatchBytes,
} from '../../src/proofs/request-batch.ts';
import { decodeRequestBatch, encodeRequestBatch } from '../../src/proofs/request-batch-codec.ts';
import { writeBeacon, writeSpace } from '../../src/proofs/request-codec.ts';
import {
  beacon,
  chainId,
  flip,
  ingredientsOf,
  requirements as profile,
  subjectOf,
  testNode,
} from './fixtures.ts';

const node = testNode(1);
/** Work is cheap here: what is tried is where it belongs. */
const requirements: Requirements = { ...profile, minimumComputeBits: 4 };
const env: StaticEnvironment = { chainId, requirements, scheme: ed25519 };

function draft(i: number, changes: Partial<Parameters<typeof ingredientsOf>[1]> = {}) {
  return makeRequest(
    ingredientsOf(node, {
      subject: subjectOf(node, { requestId: `r${i}`, commonName: `h${i}.mesh` }),
      sequence: i + 1,
      requirements,
      ...changes,
    }),
  );
}

const drafts = Array.from({ length: 5 }, (_, i) => draft(i));
const batch = makeRequestBatch(chainId, drafts, node.signer, node.plot);

/** Names of the proofs that fail, for each request. */
function failuresOf(what: RequestBatch, environment = env): string[][] {
  return checkRequestBatch(what, environment).map(({ failures }) => [
    ...new Set(failures.map(({ proof }) => proof)),
  ]);
}

/** Where, in the bytes of a batch, the number of its requests stands. */
function countAt({ requests }: RequestBatch): number {
  const [{ proofs }] = requests as [ProvenSubject];
  const writer = new Writer();
  writeBeacon(writer, proofs.time.beacon);
  writeSpace(writer, proofs.space);
  return writer.finish().length;
}

const sound = drafts.map(() => []);

describe('a batch of requests', () => {
  test('is sound as it was made, and after a way through its bytes', () => {
    expect(failuresOf(batch)).toEqual(sound);
    const bytes = encodeRequestBatch(batch);
    const decoded = decodeRequestBatch(bytes);
    expect(decoded.ok && failuresOf(decoded.value)).toEqual(sound);
    expect(decoded.ok && encodeRequestBatch(decoded.value)).toEqual(bytes);
    expect(batchSigner(batch, chainId, ed25519)).toEqual(node.nodeId);
  });

  test('is signed over the Merkle root of its requests, their number, and the openings', () => {
    const root = merkleRoot(drafts.map(requestLeaf));
    const requestHash = batchHash(drafts.length, root);
    const context = proofContext({ chainId, beacon, nodeId: node.nodeId, requestHash });
    const [{ proofs }] = batch.requests as [ProvenSubject];
    const signed = signedBatchBytes(context, proofs.space);
    expect(ed25519.verify(node.nodeId, signed, batch.signature)).toBe(true);
  });

  test('keeps no sound request when any bit of it is turned over', () => {
    const bytes = encodeRequestBatch(batch);
    for (let at = 0; at < bytes.length; at++) {
      // Labels and siblings are alike: some of their bytes stand for all.
      if (at > 90 && at < 4000 && at % 29 !== 0) continue;
      const decoded = decodeRequestBatch(flip(bytes, at, at % 8));
      if (!decoded.ok) continue;
      for (const failed of failuresOf(decoded.value)) expect(failed, `byte ${at}`).not.toEqual([]);
    }
  });

  test('is no batch when bytes are missing or left over', () => {
    const bytes = encodeRequestBatch(batch);
    for (let length = 0; length < bytes.length; length += 61) {
      expect(decodeRequestBatch(bytes.subarray(0, length)).ok).toBe(false);
    }
    expect(decodeRequestBatch(new Uint8Array([...bytes, 0])).ok).toBe(false);
  });

  test('has one request at least and no more than the limit', () => {
    const [first] = batch.requests as [ProvenSubject];
    const many = Array.from({ length: limits.batchedRequests + 1 }, () => first);
    const tooMany = decodeRequestBatch(encodeRequestBatch({ ...batch, requests: many }));
    expect(tooMany).toMatchObject({ ok: false, reason: 'requests: 65 items, at most 64' });
    expect(batchFault(many)).toBe('requests: 65, 1 to 64 allowed');
    expect(batchFault([])).toBe('requests: 0, 1 to 64 allowed');
    expect(batchFault(many.slice(1))).toBeNull();
    const most = decodeRequestBatch(encodeRequestBatch({ ...batch, requests: many.slice(1) }));
    expect(most.ok).toBe(true);
  });

  test('is of one node, whose key signed it', () => {
    const other = testNode(2);
    const stranger = makeRequest(ingredientsOf(other, { requirements }));
    expect(batchFault([...drafts, stranger])).toBe('requests[5]: of another node');
    const mixed = { ...batch, requests: [...batch.requests, stranger] };
    expect(decodeRequestBatch(encodeRequestBatch(mixed))).toMatchObject({
      ok: false,
      reason: 'requests[5]: of another node than the first',
    });
    const forged = makeRequestBatch(chainId, drafts, other.signer, node.plot);
    expect(failuresOf(forged)).toEqual(drafts.map(() => ['signature']));
    expect(batchSigner(forged, chainId, ed25519)).toBeNull();
  });

  test('is for one beacon', () => {
    const later = draft(9, { beacon: { epoch: beacon.epoch + 1, value: beacon.value } });
    const other = draft(9, { beacon: { epoch: beacon.epoch, value: '00'.repeat(32) } });
    for (const stray of [later, other]) {
      expect(batchFault([...drafts, stray])).toBe('requests[5]: for another beacon');
    }
  });

  test('names the request that is out of shape', () => {
    const [first, second] = drafts.slice(0, 2) as RequestDraft[] as [RequestDraft, RequestDraft];
    const odd = { ...second, subject: { ...second.subject, commonName: '' } };
    expect(batchFault([first, second])).toBeNull();
    expect(batchFault([first, odd])).toMatch(/^requests\[1\]: commonName: /);
    const none = encodeRequestBatch(batch);
    new DataView(none.buffer).setUint32(countAt(batch), 0);
    expect(decodeRequestBatch(none)).toEqual({ ok: false, reason: 'requests: none' });
  });

  test('holds for one cluster alone', () => {
    const elsewhere = { ...env, chainId: 'c2'.repeat(32) };
    const all = drafts.map(() => ['signature', 'time', 'work', 'stake', 'space'].sort());
    const failed = failuresOf(batch, elsewhere).map((each) => [...each].sort());
    // Four bits of work come about by chance now and then.
    expect(failed.map((each) => each.filter((proof) => proof !== 'work'))).toEqual(
      all.map((each) => each.filter((proof) => proof !== 'work')),
    );
  });

  test('moves to another epoch with none of its proofs', () => {
    const moved = batch.requests.map(({ subject, proofs }) => {
      const time = { ...proofs.time, beacon: { epoch: 8, value: beacon.value } };
      return { subject, proofs: { ...proofs, time } };
    });
    for (const failed of failuresOf({ ...batch, requests: moved })) {
      expect(failed).toEqual(expect.arrayContaining(['signature', 'time', 'stake', 'space']));
    }
  });

  test.each<[string, (requests: readonly ProvenSubject[]) => readonly ProvenSubject[]]>([
    ['in another order', (requests) => requests.toReversed()],
    ['without the last of them', (requests) => requests.slice(0, -1)],
    ['with one of them twice', (requests) => [...requests, ...requests.slice(0, 1)]],
    ['alone', (requests) => requests.slice(0, 1)],
  ])('signed requests %s are another batch, which nobody signed', (_, change) => {
    const requests = change(batch.requests);
    for (const failed of failuresOf({ ...batch, requests })) {
      expect(failed).toEqual(['signature', 'space']);
    }
  });

  test('has no place for a request of another batch', () => {
    const others = [draft(10), draft(11)];
    const second = makeRequestBatch(chainId, others, node.signer, node.plot);
    const space = (batch.requests[0] as ProvenSubject).proofs.space;
    const strange = (second.requests[0] as ProvenSubject).subject;
    const own = (second.requests[0] as ProvenSubject).proofs;
    const moved = { subject: strange, proofs: { ...own, space } };
    for (const requests of [
      [...batch.requests, moved],
      [moved, ...batch.requests.slice(1)],
    ]) {
      for (const failed of failuresOf({ ...batch, requests })) {
        expect(failed).toEqual(['signature', 'space']);
      }
    }
  });

  test('of one request and a lone request share neither signature nor openings', () => {
    const lone = draft(20);
    const alone = makeRequestBatch(chainId, [lone], node.signer, node.plot);
    const [only] = alone.requests as [ProvenSubject];
    expect(failuresOf(alone)).toEqual([[]]);
    expect(checkStatic(lone, env).failures).toEqual([]);
    const asLone = checkStatic({ ...lone, proofs: only.proofs }, env).failures;
    expect(asLone.map(({ proof }) => proof)).toEqual(['signature', 'space']);
    const taken = checkStatic({ ...only, signature: alone.signature }, env).failures;
    expect(taken.map(({ proof }) => proof)).toEqual(['signature', 'space']);
    expect(failuresOf({ requests: [lone], signature: lone.signature })).toEqual([
      ['signature', 'space'],
    ]);
  });

  test('says of each request what is wrong with that one alone', () => {
    const spoilt: RequestDraft[] = drafts.map(({ subject, proofs }, i) => {
      if (i === 1) return { subject, proofs: { ...proofs, work: { nonce: 1 } } };
      if (i === 2) return { subject, proofs: { ...proofs, stake: draft(9).proofs.stake } };
      if (i === 3) return { subject, proofs: { ...proofs, time: draft(9).proofs.time } };
      return { subject, proofs };
    });
    const made = makeRequestBatch(chainId, spoilt, node.signer, node.plot);
    expect(failuresOf(made)).toEqual([[], ['work'], ['stake'], ['time'], []]);
  });

  test('opens as many labels as its requests would, up to a full challenge', () => {
    expect([1, 2, 16, 17, 64].map(batchOpenings)).toEqual([4, 8, 64, 66, 66]);
    const opened = batch.requests[0]?.proofs.space.opened.length;
    expect(opened).toBe(20);
  });

  test('shares one set of openings: fewer, or those of other positions, serve none of them', () => {
    const other = testNode(3);
    const foreign = makeRequestBatch(chainId, drafts, node.signer, other.plot);
    const [first] = foreign.requests as [ProvenSubject];
    // The labels are of another plot, so they lead to that plot's root and are right in themselves.
    expect(failuresOf(foreign)).toEqual(sound);
    expect(first.proofs.space.root).not.toBe(node.plot.root);
    const { space } = (batch.requests[0] as ProvenSubject).proofs;
    const fewer = { ...space, opened: space.opened.slice(1) };
    const requests = batch.requests.map(({ subject, proofs }) => {
      return { subject, proofs: { ...proofs, space: fewer } };
    });
    for (const failed of failuresOf({ ...batch, requests })) {
      expect(failed).toEqual(['signature', 'space']);
    }
  });
});

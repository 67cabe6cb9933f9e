import { scryptSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { proofContext } from '../../src/proofs/context.ts';
import { profiles, strictest } from '../../src/proofs/profiles.ts';
import { checkStatic } from '../../src/proofs/proof-set.ts';
import type { ProofFailure } from '../../src/proofs/request.ts';
import {
  checkOpenings,
  checkRegistered,
  checkSpace,
  makeSpace,
  type SpaceProof,
} from '../../src/proofs/space.ts';
import { checkTime, checkTimeNonce, makeTime, type TimeProof } from '../../src/proofs/time.ts';
import {
  checkWork,
  leadingZeroBits,
  makeWork,
  noncesPerSlice,
  WorkSolver,
  workBits,
} from '../../src/proofs/work.ts';
import {
  beacon,
  chainId,
  flip,
  flipDigest,
  requestOf,
  requirements,
  startMs,
  testNode,
} from './fixtures.ts';

const node = testNode(1);
const other = testNode(2);
const context = proofContext({
  chainId,
  beacon,
  nodeId: node.nodeId,
  requestHash: 'aa'.repeat(32),
});

function reasons(failures: readonly ProofFailure[]): string[] {
  return failures.map(({ reason }) => reason);
}

describe('space', () => {
  const good = makeSpace(node.plot, context);
  const bad = 'openings do not lead to the root';
  const table: { rule: string; why: string; proof: SpaceProof; expected: string[] }[] = [
    { rule: 'an honest proof', why: 'liveness', proof: good, expected: [] },
    {
      rule: 'another root',
      why: 'openings belong to one plot',
      proof: { ...good, root: flipDigest(good.root) },
      expected: [bad],
    },
    {
      rule: 'a wrong label',
      why: 'a hole cannot be filled with anything',
      proof: { ...good, opened: good.opened.map((label, i) => (i === 2 ? flip(label, 0) : label)) },
      expected: [bad],
    },
    {
      rule: 'a wrong sibling',
      why: 'the path is the proof',
      proof: { ...good, siblings: flip(good.siblings, 5 * 32 + 31) },
      expected: [bad],
    },
    {
      rule: 'one opening less',
      why: 'fewer openings catch fewer holes',
      proof: { ...good, opened: good.opened.slice(1) },
      expected: [bad],
    },
    {
      rule: 'a sibling too many',
      why: 'one proof has one encoding',
      proof: { ...good, siblings: concatBytes(good.siblings, new Uint8Array(32)) },
      expected: [bad],
    },
    {
      rule: 'a size that is no power of two',
      why: 'the tree and the drawing need one',
      proof: { ...good, labels: 1023 },
      expected: ['plot too small', bad],
    },
    {
      rule: 'another size than was opened',
      why: 'a claim of more labels moves the positions',
      proof: { ...good, labels: 2048 },
      expected: [bad],
    },
    {
      rule: 'a scale factor of zero',
      why: 'a size must be positive',
      proof: { ...good, scaleFactor: 0 },
      expected: ['scale factor out of range', 'plot too small'],
    },
    {
      rule: 'a plot below the profile',
      why: 'the profile asks for 1 MiB',
      proof: { ...good, scaleFactor: 31 },
      expected: ['plot too small'],
    },
    {
      rule: 'the largest scale factor',
      why: 'sizes stay exact up to it',
      proof: { ...good, scaleFactor: 2 ** 20 },
      expected: [],
    },
    {
      rule: 'a larger scale factor',
      why: 'sizes stay exact up to the largest',
      proof: { ...good, scaleFactor: 2 ** 20 + 1 },
      expected: ['scale factor out of range'],
    },
    {
      rule: 'a scale factor of one',
      why: 'a plot may be as large as it says',
      proof: { ...good, scaleFactor: 1 },
      expected: ['plot too small'],
    },
    {
      rule: 'half a scale factor',
      why: 'a size is a whole number of labels',
      proof: { ...good, scaleFactor: 32.5 },
      expected: ['scale factor out of range'],
    },
    {
      rule: 'one opening more',
      why: 'one proof has one encoding',
      proof: { ...good, opened: [...good.opened, ...good.opened.slice(0, 1)] },
      expected: [bad],
    },
  ];
  test.each(table)('$rule: $why', ({ proof, expected }) => {
    expect(reasons(checkSpace(proof, checkOpenings(proof, context), 2 ** 20).failures)).toEqual(
      expected,
    );
  });

  const plot = { root: good.root, labels: 1024, scaleFactor: 32 };
  test.each([
    { rule: 'the registered plot', why: 'liveness', registered: plot, expected: [] },
    {
      rule: 'no plot',
      why: 'labels are committed before the positions are known',
      registered: null,
      expected: ['no plot is registered for this node'],
    },
    {
      rule: 'another plot',
      why: 'a plot made for the occasion proves nothing',
      registered: { ...plot, root: other.plot.root },
      expected: ['not the registered plot'],
    },
    {
      rule: 'another scale',
      why: 'the scale is declared once, in public',
      registered: { ...plot, scaleFactor: 1 },
      expected: ['not the registered size'],
    },
    {
      rule: 'another number of labels',
      why: 'so is the size',
      registered: { ...plot, labels: 2048 },
      expected: ['not the registered size'],
    },
  ])('registered as $rule: $why', ({ registered, expected }) => {
    expect(reasons(checkRegistered(good, registered))).toEqual(expected);
  });

  test('what is not registered is named by the beginning of its root, and by its size', () => {
    const root = '0123456789abcdef'.repeat(4);
    expect(checkRegistered({ ...good, root }, { ...plot, labels: 2048 })).toEqual([
      {
        proof: 'space',
        reason: 'not the registered plot',
        measured: 'root 0123456789abcdef',
        required: `root ${plot.root.slice(0, 16)}`,
      },
      {
        proof: 'space',
        reason: 'not the registered size',
        measured: '1024 labels × 32',
        required: '2048 labels × 32',
      },
    ]);
  });

  test('openings are copies: they keep no plot in memory', () => {
    const { opened } = makeSpace(node.plot, context);
    for (const label of opened) expect(label.buffer.byteLength).toBe(32);
  });
});

describe('work', () => {
  const good = makeWork(context, 14);
  test('an honest nonce has at least the bits asked for, and the check says how many', () => {
    const report = checkWork(good, context, 14);
    expect(report.failures).toEqual([]);
    expect(report.measured).toBe(`${workBits(context, good.nonce)} bits`);
    expect(workBits(context, good.nonce)).toBeGreaterThanOrEqual(14);
  });

  test.each([
    { rule: 'the nonce before', why: 'no other nonce of the search did', nonce: good.nonce - 1 },
    { rule: 'the nonce above 2^32', why: 'all 53 bits count', nonce: good.nonce + 2 ** 32 },
  ])('$rule: $why', ({ nonce }) => {
    expect(reasons(checkWork({ nonce }, context, 14).failures)).toEqual(['not enough work']);
  });

  test('work for another context is no work', () => {
    expect(reasons(checkWork(good, flip(context, 31), 14).failures)).toEqual(['not enough work']);
  });

  test('a solver in slices finds the nonce that one search finds', () => {
    const solver = new WorkSolver(context, 14);
    let found = solver.step(100);
    while (found === null) found = solver.step(100);
    expect(found).toEqual(good);
  });

  test('a search that starts past a solution finds a later one', () => {
    expect(makeWork(context, 6, good.nonce + 1).nonce).toBeGreaterThan(good.nonce);
  });

  test('a search tries as many nonces as it was allowed, and goes on from there', () => {
    const solver = new WorkSolver(context, 14, good.nonce - 3);
    expect(solver.step(3)).toBeNull();
    expect(solver.step(1)).toEqual({ nonce: good.nonce });
  });

  test('a nonce may be larger than a word', () => {
    const found = makeWork(context, 6, 2 ** 33 + 5);
    expect(found.nonce).toBeGreaterThanOrEqual(2 ** 33 + 5);
    expect(checkWork(found, context, 6).failures).toEqual([]);
  });

  test('scrypt counts for what it costs, and is another work than SHA-256', () => {
    const found = makeWork(context, 15, 0, 'scrypt');
    const report = checkWork(found, context, 15, 'scrypt');
    expect(report.failures).toEqual([]);
    const salt = Buffer.alloc(8);
    salt.writeBigUInt64BE(BigInt(found.nonce));
    const hash = scryptSync(context, salt, 32, { N: 4096, r: 8, p: 1 });
    expect(report.bits).toBe(12 + leadingZeroBits(hash));
    expect(reasons(checkWork(found, flip(context, 0), 21, 'scrypt').failures)).toEqual([
      'not enough work',
    ]);
    expect(workBits(context, found.nonce)).not.toBe(report.bits);
  });

  test('scrypt is computed for those who signed, and for nobody else', () => {
    const heavy = { ...requirements, workFunction: 'scrypt', minimumComputeBits: 13 } as const;
    const env = { chainId, requirements: heavy, scheme: ed25519 };
    const request = requestOf(node, { requirements: heavy });
    expect(checkStatic(request, env).failures).toEqual([]);
    const forged = checkStatic({ ...request, signature: flip(request.signature, 3) }, env);
    expect(forged.failures.map(({ proof }) => proof)).toEqual(['signature']);
    expect(forged.workBits).toBeNull();
    expect(forged.measures.work.measured).toContain('not measured');
  });

  test('the cluster alone says what is computed, not the requester', () => {
    const heavy = { ...requirements, workFunction: 'scrypt' } as const;
    expect(strictest(requirements, heavy)).not.toHaveProperty('workFunction');
    expect(strictest(heavy, requirements).workFunction).toBe('scrypt');
  });

  test('a solver looks up after some ten milliseconds by either function', () => {
    expect(noncesPerSlice('sha256')).toBe(4096);
    expect(noncesPerSlice('scrypt')).toBe(1);
  });

  test('nobody is made to work beyond 32 bits', () => {
    expect(() => new WorkSolver(context, 33)).toThrow('33 bits of work');
  });

  test.each([
    [[0x80], 0],
    [[0x01], 7],
    [[0x00, 0xff], 8],
    [[0x00, 0x00, 0x10], 19],
    [[0x00, 0x00], 16],
  ])('leading zero bits of %j are %i', (bytes, bits) => {
    expect(leadingZeroBits(new Uint8Array(bytes))).toBe(bits);
  });
});

describe('time', () => {
  const nowMs = startMs;
  const previousBeacon = { epoch: 6, value: '6b'.repeat(32) };
  const agreed = { nowMs, beacon, previousBeacon };
  const at = (timestamp: number, made = beacon): TimeProof => makeTime(context, timestamp, made, 1);
  test.each([
    { rule: 'now', why: 'liveness', proof: at(nowMs), expected: [] },
    {
      rule: 'just old enough',
      why: 'the bound is inside',
      proof: at(nowMs - 300_000),
      expected: [],
    },
    { rule: 'just early enough', why: 'on both sides', proof: at(nowMs + 300_000), expected: [] },
    {
      rule: 'the previous beacon',
      why: 'a request may cross an epoch on its way',
      proof: at(nowMs, previousBeacon),
      expected: [],
    },
    {
      rule: 'too old',
      why: 'what was decided long ago may be forgotten',
      proof: at(nowMs - 300_001),
      expected: ['timestamp too old'],
    },
    {
      rule: 'in the future',
      why: 'nobody keeps requests for later',
      proof: at(nowMs + 300_001),
      expected: ['timestamp in the future'],
    },
    {
      rule: 'an older beacon',
      why: 'proofs may have been made long ago',
      proof: at(nowMs, { epoch: 5, value: beacon.value }),
      expected: ['beacon not current'],
    },
    {
      rule: 'an invented beacon',
      why: 'a chosen beacon makes positions a choice',
      proof: at(nowMs, { epoch: 7, value: '00'.repeat(32) }),
      expected: ['not the beacon of its epoch'],
    },
    {
      rule: 'a beacon under the wrong epoch',
      why: 'value and epoch go together',
      proof: at(nowMs, { epoch: 6, value: beacon.value }),
      expected: ['not the beacon of its epoch'],
    },
  ])('$rule: $why', ({ proof, expected }) => {
    expect(reasons(checkTime(proof, agreed, 300_000).failures)).toEqual(expected);
  });

  test.each([
    { rule: 'as made', why: 'liveness', proof: at(nowMs), expected: [] },
    {
      rule: 'another timestamp',
      why: 'an old request cannot be dated anew',
      proof: { ...at(nowMs), timestamp: nowMs + 1 },
      expected: ['made for another request'],
    },
    {
      rule: 'another sequence',
      why: 'nor numbered anew',
      proof: { ...at(nowMs), sequence: 2 },
      expected: ['made for another request'],
    },
    {
      rule: 'another nonce',
      why: 'the nonce is not free',
      proof: { ...at(nowMs), nonce: flip(at(nowMs).nonce, 15) },
      expected: ['made for another request'],
    },
    {
      rule: 'sequence zero',
      why: 'numbers start at one (RFC 4303 §3.3.3)',
      proof: makeTime(context, nowMs, beacon, 0),
      expected: ['no sequence'],
    },
  ])('the nonce, $rule: $why', ({ proof, expected }) => {
    expect(reasons(checkTimeNonce(proof, context))).toEqual(expected);
  });
});

describe('profiles', () => {
  const wishes = {
    minimumStake: 200,
    maxTimeOffsetMs: 1_000,
    minimumStorageBytes: 2 ** 21,
    minimumComputeBits: 15,
  };
  const weak = {
    minimumStake: 0,
    maxTimeOffsetMs: 10 ** 9,
    minimumStorageBytes: 0,
    minimumComputeBits: 0,
  };
  test.each([
    { rule: 'no wishes', why: 'the profile stands', given: null, expected: profiles.localhost },
    { rule: 'stricter wishes', why: 'a requester may', given: wishes, expected: wishes },
    { rule: 'weaker wishes', why: 'it may not', given: weak, expected: profiles.localhost },
  ])('$rule: $why', ({ given, expected }) => {
    expect(strictest(profiles.localhost, given)).toEqual(expected);
  });
});

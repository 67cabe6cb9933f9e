import { describe, expect, it } from 'vitest';
import { digest } from '../../src/base/digest.ts';
import { Random } from '../../src/base/random.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { makePlot } from '../../src/proofs/plot.ts';
import { checkStatic } from '../../src/proofs/proof-set.ts';
import type { CertificateRequest } from '../../src/proofs/request.ts';
import { encodeRequest } from '../../src/proofs/request-codec.ts';
import { checkTime } from '../../src/proofs/time.ts';
import type { Timers } from '../../src/runtime/ports.ts';
import { solveAtOnce, solveInSlices } from '../../src/runtime/solve-work.ts';
import { type Broken, brokenKinds } from '../../src/workload/parameters.ts';
import { type Attempt, makeAttempt } from '../../src/workload/proof-agent.ts';

const chainId = digest('chain', new Uint8Array());
const beacon = { epoch: 4, value: digest('beacon', new Uint8Array()) };
const signer = ed25519.signer(new Random('node').bytes(32));
const plot = makePlot(signer.publicKey, 256, 1);
const nowMs = 1_700_000_000_000;
const requirements = {
  minimumStake: 100,
  maxTimeOffsetMs: 30_000,
  minimumStorageBytes: 256 * 32,
  minimumComputeBits: 8,
};

function attempt(broken: Broken | null, index = 0): Attempt {
  return {
    chainId,
    subject: {
      requestId: `request-${index}`,
      commonName: `host-${index}.client-0.mesh`,
      sanEntries: [],
      nodeId: signer.publicKey,
      ipv6Addresses: [],
      publicKey: new Uint8Array([1, 2, 3]),
      tbsDigest: null,
      notAfterMs: nowMs + 1000,
      requirements: null,
    },
    signer,
    plot,
    stakeAmount: 1000,
    beacon,
    timestamp: nowMs,
    sequence: 9,
    requirements,
    broken,
    usedSequence: broken === 'replay' ? 3 : null,
  };
}

const unstopped = new AbortController().signal;

function make(broken: Broken | null, index = 0): CertificateRequest {
  const made: CertificateRequest[] = [];
  const chance = new Random(`seed ${index}`);
  makeAttempt(attempt(broken, index), chance, solveAtOnce, unstopped, (r) => made.push(r));
  expect(made.length).toBe(1);
  return made[0] as CertificateRequest;
}

/** Proofs that fail without the ledger, and by the time the replicas agreed on. */
function failing(request: CertificateRequest): string[] {
  const verdict = checkStatic(request, { chainId, requirements, scheme: ed25519 });
  const agreed = { nowMs, beacon, previousBeacon: beacon };
  const time = checkTime(request.proofs.time, agreed, requirements.maxTimeOffsetMs);
  const claim = request.proofs.stake.amount > 1000 ? ['stake'] : [];
  const failures = [...verdict.failures, ...time.failures].map(({ proof }) => proof);
  return [...new Set([...failures, ...claim])];
}

describe('an attempt', () => {
  it('passes every check when it is honest', () => {
    expect(failing(make(null))).toEqual([]);
  });

  it.each(brokenKinds.filter((kind) => kind !== 'replay'))(
    'broken in %s fails there only',
    (kind) => {
      for (let index = 0; index < 20; index++) expect(failing(make(kind, index))).toEqual([kind]);
    },
  );

  it('breaks stake and time in more than one way', () => {
    const many = Array.from({ length: 20 }, (_, index) => index);
    const amounts = many.map((index) => make('stake', index).proofs.stake.amount);
    expect(new Set(amounts)).toEqual(new Set([50, 2000]));
    const offsets = many.map((index) => make('time', index).proofs.time.timestamp - nowMs);
    expect(new Set(offsets)).toEqual(new Set([120_000, -120_000]));
  });

  it('that replays is sound in itself: only the ledger knows its sequence', () => {
    const request = make('replay');
    expect(request.proofs.time.sequence).toBe(3);
    expect(failing(request)).toEqual([]);
  });

  it('is the same bytes, made at once or in slices', () => {
    const hard = { ...attempt(null), requirements: { ...requirements, minimumComputeBits: 14 } };
    const waiting: (() => void)[] = [];
    const timers: Timers = {
      after: (_, callback) => {
        waiting.push(callback);
        return () => {};
      },
    };
    const made: CertificateRequest[] = [];
    makeAttempt(hard, new Random('a'), solveAtOnce, unstopped, (request) => made.push(request));
    makeAttempt(hard, new Random('a'), solveInSlices(timers), unstopped, (request) =>
      made.push(request),
    );
    let slices = 0;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      slices++;
      next();
    }
    expect(slices).toBeGreaterThan(0);
    const [first, second] = made.map((request) => encodeRequest(request));
    expect(second).toEqual(first);
  });
});

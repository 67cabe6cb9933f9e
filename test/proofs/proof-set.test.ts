import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { checkStatic, signRequest } from '../../src/proofs/proof-set.ts';
import type {
  CertificateRequest,
  CertificateSubject,
  FailedProof,
  ProofSet,
} from '../../src/proofs/request.ts';
import {
  decodeRequest,
  encodeRequest,
  requestHash,
  subjectBytes,
  subjectFault,
} from '../../src/proofs/request-codec.ts';
import {
  beacon,
  chainId,
  flip,
  flipDigest,
  requestOf,
  requirements,
  subjectOf,
  testNode,
} from './fixtures.ts';

const env = { chainId, requirements, scheme: ed25519 };
const node = testNode(1);
const good = requestOf(node);
const bytes = encodeRequest(good);

function failed(request: CertificateRequest, within = env): FailedProof[] {
  return [...new Set(checkStatic(request, within).failures.map(({ proof }) => proof))];
}

/** As the node itself would cheat: changed, and signed again with the right key. */
function resigned(
  subject: Partial<CertificateSubject>,
  proofs: Partial<ProofSet>,
  signer = node.signer,
): CertificateRequest {
  const changed = { ...good.subject, ...subject };
  return signRequest(chainId, changed, { ...good.proofs, ...proofs }, signer);
}

describe('a valid request', () => {
  test('passes every static check', () => {
    const verdict = checkStatic(good, env);
    expect(verdict.failures).toEqual([]);
    expect(verdict.authentic).toBe(true);
    expect(verdict.requestHash).toBe(requestHash(good.subject));
  });

  test('travels: what was encoded decodes to the same request and the same bytes', () => {
    const decoded = decodeRequest(bytes);
    expect(decoded.ok).toBe(true);
    if (!decoded.ok) return;
    expect(encodeRequest(decoded.value)).toEqual(bytes);
    expect(failed(decoded.value)).toEqual([]);
  });

  test('that was decoded and then changed is hashed and judged as it is now', () => {
    const decoded = decodeRequest(bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    const { subject, proofs } = decoded.value;
    const renamed = { ...subject, commonName: 'other.mesh' };
    expect(requestHash(subject)).toBe(requestHash(good.subject));
    expect(requestHash(renamed)).toBe(requestHash({ ...good.subject, commonName: 'other.mesh' }));
    expect(checkStatic({ ...decoded.value, subject: renamed }, env).authentic).toBe(false);
    const later = { ...proofs, time: { ...proofs.time, sequence: proofs.time.sequence + 1 } };
    expect(checkStatic({ ...decoded.value, proofs: later }, env).authentic).toBe(false);
  });

  test('changed in any single byte no longer decodes, or its signature no longer holds', () => {
    for (let at = 0; at < bytes.length; at++) {
      const decoded = decodeRequest(flip(bytes, at, at % 8));
      if (decoded.ok) expect(failed(decoded.value), `byte ${at}`).toContain('signature');
    }
  });

  test('cut short or padded, it does not decode', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(decodeRequest(bytes.subarray(0, length)).ok).toBe(false);
      }),
      { seed: 3, numRuns: 200 },
    );
    expect(decodeRequest(new Uint8Array([...bytes, 0])).ok).toBe(false);
  });

  test('random bytes never throw and never decode', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => {
        expect(decodeRequest(noise).ok).toBe(false);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});

describe('a subject changed by its own node, which signs again', () => {
  // Each of these moves all proofs to another request: none may come along.
  test.each<[string, Partial<CertificateSubject>]>([
    ['requestId', { requestId: 'request-2' }],
    ['commonName', { commonName: 'z.mesh' }],
    ['sanEntries', { sanEntries: ['b.mesh'] }],
    ['the order of sanEntries', { sanEntries: ['c.mesh', 'b.mesh'] }],
    ['ipv6Addresses', { ipv6Addresses: ['fd00::2'] }],
    ['publicKey', { publicKey: new Uint8Array(44).fill(8) }],
    ['tbsDigest', { tbsDigest: '7c'.repeat(32) }],
    ['tbsDigest left out', { tbsDigest: null }],
    ['notAfterMs', { notAfterMs: good.subject.notAfterMs - 1 }],
    ['requirements', { requirements: { ...requirements } }],
  ])('%s: time, work, stake and space all fail', (_field, change) => {
    expect(failed(resigned(change, {}))).toEqual(['time', 'work', 'stake', 'space']);
  });
});

describe('a proof changed by its own node, which signs again', () => {
  const { space, stake, work, time } = good.proofs;
  test.each<[string, Partial<ProofSet>, FailedProof[]]>([
    ['space.root', { space: { ...space, root: flipDigest(space.root) } }, ['space']],
    ['space.labels', { space: { ...space, labels: 2048 } }, ['space']],
    ['space.scaleFactor', { space: { ...space, scaleFactor: 1 } }, ['space']],
    ['space.opened', { space: { ...space, opened: [...space.opened].reverse() } }, ['space']],
    ['space.siblings', { space: { ...space, siblings: space.siblings.slice(32) } }, ['space']],
    ['stake.account', { stake: { ...stake, account: testNode(2).nodeId } }, ['stake']],
    ['stake.amount', { stake: { ...stake, amount: 1_000 } }, ['stake']],
    ['stake.commitment', { stake: { ...stake, commitment: 'ab'.repeat(32) } }, ['stake']],
    ['work.nonce', { work: { nonce: work.nonce + 1 } }, ['work']],
    ['time.timestamp', { time: { ...time, timestamp: time.timestamp + 1 } }, ['time']],
    ['time.sequence', { time: { ...time, sequence: 2 } }, ['time']],
    ['time.nonce', { time: { ...time, nonce: flip(time.nonce, 0) } }, ['time']],
    [
      'time.beacon.epoch, which every proof commits to',
      { time: { ...time, beacon: { ...beacon, epoch: 8 } } },
      ['time', 'work', 'stake', 'space'],
    ],
    [
      'time.beacon.value, which every proof commits to',
      { time: { ...time, beacon: { ...beacon, value: flipDigest(beacon.value) } } },
      ['time', 'work', 'stake', 'space'],
    ],
  ])('%s is refused under its own name', (_field, change, expected) => {
    expect(failed(resigned({}, change))).toEqual(expected);
  });
});

describe('two broken rules', () => {
  const { space, stake, work, time } = good.proofs;
  const broken: Partial<ProofSet> = {
    time: { ...time, nonce: flip(time.nonce, 0) },
    work: { nonce: work.nonce + 1 },
    stake: { ...stake, commitment: 'ab'.repeat(32) },
    space: { ...space, siblings: flip(space.siblings, 0) },
  };
  test.each([
    ['time', 'work'],
    ['time', 'stake'],
    ['time', 'space'],
    ['work', 'stake'],
    ['work', 'space'],
    ['stake', 'space'],
  ] as const)('hide neither %s nor %s', (one, two) => {
    expect(failed(resigned({}, { [one]: broken[one], [two]: broken[two] }))).toEqual([one, two]);
  });

  test('hide no forged signature', () => {
    const forged = { ...good, signature: flip(good.signature, 0) };
    expect(failed(forged)).toEqual(['signature']);
  });
});

describe('a proof moved', () => {
  const names = ['space', 'stake', 'work', 'time'] as const;
  const sources = {
    'another request': requestOf(node, { subject: subjectOf(node, { requestId: 'other' }) }),
    'another name': requestOf(node, { subject: subjectOf(node, { commonName: 'other.mesh' }) }),
    'another node': requestOf(testNode(2), { subject: subjectOf(testNode(2)) }),
    'another chain': requestOf(node, { chainId: 'c2'.repeat(32) }),
  };
  for (const [where, source] of Object.entries(sources)) {
    test.each(names)(`from ${where}: %s is refused, and named`, (name) => {
      const moved = resigned({}, { [name]: source.proofs[name] });
      expect(failed(moved)).toContain(name);
    });
  }

  // The time proof brings its beacon, which dates the other three: those are what is moved then.
  test('to another epoch: all but the time proof are refused, and named', () => {
    const redated = requestOf(node, { beacon: { epoch: 8, value: '88'.repeat(32) } });
    const moved = resigned({}, { time: redated.proofs.time });
    expect(failed(moved)).toEqual(['work', 'stake', 'space']);
    const { space, stake, work } = redated.proofs;
    expect(failed(resigned({}, { space, stake, work }))).toEqual(['work', 'stake', 'space']);
  });

  test('to another node as a whole: the thief signs, and every proof fails', () => {
    const thief = testNode(2);
    const stolen = resigned({ nodeId: thief.nodeId }, {}, thief.signer);
    expect(failed(stolen)).toEqual(['time', 'work', 'stake', 'space']);
  });

  test('to another chain as a whole: even the signature fails', () => {
    const elsewhere = { ...env, chainId: 'c2'.repeat(32) };
    expect(failed(good, elsewhere)).toEqual(['signature', 'time', 'work', 'stake', 'space']);
  });
});

describe('requirements', () => {
  const wish = { ...requirements, minimumComputeBits: 15, minimumStake: 101 };
  test('stricter wishes bind, weaker ones change nothing', () => {
    const strict = requestOf(node, { subject: subjectOf(node, { requirements: wish }) });
    expect(checkStatic(strict, env).measures.work.required).toBe('15 bits');
    expect(failed(strict)).toEqual(['stake']);
    const zero = { ...requirements, minimumComputeBits: 0, minimumStorageBytes: 0 };
    const weak = requestOf(node, { subject: subjectOf(node, { requirements: zero }) });
    expect(checkStatic(weak, env).measures.work.required).toBe('14 bits');
    expect(checkStatic(weak, env).measures.space.required).toBe('1048576 bytes');
  });

  test('every failing proof is named with what was measured and required', () => {
    const harsh = {
      minimumStake: 5_000,
      maxTimeOffsetMs: 1,
      minimumStorageBytes: 2 ** 30,
      minimumComputeBits: 31,
    };
    const verdict = checkStatic(good, { ...env, requirements: harsh });
    expect(verdict.failures).toEqual([
      {
        proof: 'work',
        reason: 'not enough work',
        measured: verdict.measures.work.measured,
        required: '31 bits',
      },
      {
        proof: 'stake',
        reason: 'stake too small',
        measured: '100 units',
        required: '5000 units',
      },
      {
        proof: 'space',
        reason: 'plot too small',
        measured: '1048576 bytes',
        required: '1073741824 bytes',
      },
    ]);
  });
});

describe('a subject out of shape does not decode', () => {
  test.each<[string, Partial<CertificateSubject>, string]>([
    ['an id with a space', { requestId: 'a b' }, 'requestId'],
    ['an empty id', { requestId: '' }, 'requestId'],
    ['an empty name', { commonName: '' }, 'commonName'],
    ['a name with a slash', { commonName: 'a/b' }, 'commonName'],
    ['a SAN with a line break', { sanEntries: ['a.mesh', 'b\nc'] }, 'sanEntries[1]'],
    ['a SAN that is empty', { sanEntries: [''] }, 'sanEntries[0]'],
    ['33 SANs', { sanEntries: Array(33).fill('a') }, 'sanEntries'],
    ['17 addresses', { ipv6Addresses: Array(17).fill('::1') }, 'ipv6Addresses'],
    ['an address that is none', { ipv6Addresses: ['localhost'] }, 'ipv6Addresses[0]'],
    ['no public key', { publicKey: new Uint8Array() }, 'publicKey'],
    ['33 bits of work', { requirements: { ...requirements, minimumComputeBits: 33 } }, 'Bits'],
  ])('%s', (_what, change, named) => {
    const odd = { ...good, subject: { ...good.subject, ...change } };
    const decoded = decodeRequest(encodeRequest(odd));
    expect(decoded.ok ? 'decoded' : decoded.reason).toContain(named);
  });
});

describe('a subject', () => {
  test.each<[string, Partial<CertificateSubject>]>([
    ['with 32 SANs', { sanEntries: Array(32).fill('a') }],
    ['with 16 addresses', { ipv6Addresses: Array(16).fill('::1') }],
    ['with a key of 4,096 bytes', { publicKey: new Uint8Array(4096) }],
    ['that asks for 32 bits', { requirements: { ...requirements, minimumComputeBits: 32 } }],
    ['without the digest of a certificate', { tbsDigest: null }],
  ])('%s is as large as it may be, and travels', (_what, change) => {
    const large = { ...good, subject: { ...good.subject, ...change } };
    expect(subjectFault(large.subject)).toBeNull();
    const decoded = decodeRequest(encodeRequest(large));
    expect(decoded.ok && decoded.value.subject).toEqual(large.subject);
  });

  // What comes over HTTP is no bytes yet: here the limits are its own, not those of decoding.
  test.each<[Partial<CertificateSubject>, string]>([
    [{ sanEntries: Array(33).fill('a') }, 'sanEntries: at most 32'],
    [{ ipv6Addresses: Array(17).fill('::1') }, 'ipv6Addresses: at most 16'],
    [{ nodeId: new Uint8Array(31) }, 'nodeId: 32 bytes'],
    [{ publicKey: new Uint8Array(4097) }, 'publicKey: 1 to 4096 bytes'],
    [{ publicKey: new Uint8Array(0) }, 'publicKey: 1 to 4096 bytes'],
  ])('out of shape is told before it is encoded (%#)', (change, fault) => {
    expect(subjectFault({ ...good.subject, ...change })).toBe(fault);
  });

  test.each(['tbsDigest', 'requirements'])('says with 0 or 1 whether %s follows', (what) => {
    // The two flags stand at the end: 01 ‖ 32 bytes, 00.
    const subject = subjectBytes(good.subject);
    const at = subject.length - (what === 'tbsDigest' ? 34 : 1);
    const odd = new Uint8Array(bytes);
    odd[at] = 2;
    const decoded = decodeRequest(odd);
    expect(decoded).toEqual({ ok: false, reason: `${what}: flag 2, 0 or 1 wanted` });
  });
});

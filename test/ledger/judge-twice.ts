import { Random } from '../../src/base/random.ts';
import type { Genesis } from '../../src/ledger/genesis.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { validateBatchOperation, validateOperation } from '../../src/ledger/operation.ts';
import { decisionsIn, type ValidationResult } from '../../src/ledger/result.ts';
import { makeRequest, signRequest } from '../../src/proofs/proof-set.ts';
import type {
  CertificateRequest,
  CertificateSubject,
  ProofSet,
  ProvenSubject,
} from '../../src/proofs/request.ts';
import { makeRequestBatch, type RequestBatch } from '../../src/proofs/request-batch.ts';
import {
  flip,
  flipDigest,
  startMs,
  subjectOf,
  type TestNode,
  testNode,
} from '../proofs/fixtures.ts';
import { book, type NaiveWorld, naiveBatchFailures, naiveFailures } from '../proofs/naive.ts';
import { genesis, holders, options, resultOf } from './fixtures.ts';

type Draft = { subject: CertificateSubject; proofs: ProofSet };
type Breakage = (draft: Draft, random: Random) => Draft;

const proof = (draft: Draft, changes: Partial<ProofSet>): Draft => ({
  ...draft,
  proofs: { ...draft.proofs, ...changes },
});
const subject = (draft: Draft, changes: Partial<CertificateSubject>): Draft => ({
  ...draft,
  subject: { ...draft.subject, ...changes },
});

/** One way to break a request each; none leaves its shape. */
const breakages: readonly Breakage[] = [
  (d, r) => proof(d, { work: { nonce: r.below(2 ** 40) } }),
  (d, r) => proof(d, { time: { ...d.proofs.time, timestamp: startMs + r.between(-1e6, 1e6) } }),
  (d, r) => proof(d, { time: { ...d.proofs.time, sequence: r.below(500) } }),
  (d, r) => proof(d, { time: { ...d.proofs.time, nonce: r.bytes(16) } }),
  (d, r) => proof(d, { stake: { ...d.proofs.stake, amount: r.below(2_000) } }),
  (d) => proof(d, { stake: { ...d.proofs.stake, account: testNode(9).nodeId } }),
  (d) =>
    proof(d, { stake: { ...d.proofs.stake, commitment: flipDigest(d.proofs.stake.commitment) } }),
  (d) => proof(d, { space: { ...d.proofs.space, root: flipDigest(d.proofs.space.root) } }),
  (d, r) => proof(d, { space: { ...d.proofs.space, labels: r.pick([0, 100, 128, 512, 2048]) } }),
  (d, r) => proof(d, { space: { ...d.proofs.space, scaleFactor: r.pick([0, 1, 33, 2 ** 21]) } }),
  (d, r) => {
    const { siblings } = d.proofs.space;
    const at = r.below(siblings.length / 32) * 32;
    return proof(d, { space: { ...d.proofs.space, siblings: flip(siblings, at + 7) } });
  },
  (d) => proof(d, { space: { ...d.proofs.space, siblings: d.proofs.space.siblings.slice(32) } }),
  (d) => proof(d, { space: { ...d.proofs.space, opened: d.proofs.space.opened.slice(1) } }),
  (d, r) => subject(d, { commonName: r.pick(['A.MESH', 'mesh', 'a.evil', 'x.y.mesh']) }),
  (d, r) => subject(d, { sanEntries: r.pick([[], ['q.mesh'], ['q.mesh', '.mesh'], ['evil']]) }),
  (d, r) => subject(d, { notAfterMs: startMs + r.below(20) * 86_400_000 }),
  (d) => subject(d, { tbsDigest: null }),
  (d) => subject(d, { publicKey: flip(d.subject.publicKey, 3) }),
];

/** Cheap work, so that many requests can be made; the rule is the same at every target. */
const lightGenesis: Genesis = {
  ...genesis,
  requirements: { ...genesis.requirements, minimumComputeBits: 5 },
};

function newWorld(ledger: Ledger): NaiveWorld {
  const key = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return {
    chainId: genesis.chainId,
    requirements: lightGenesis.requirements,
    nowMs: startMs,
    beacons: [ledger.beacon],
    accounts: new Map(
      holders.map(({ nodeId }) => [
        key(nodeId),
        {
          active: true,
          locked: 1_000,
          sinceMs: startMs - 1,
          untilMs: startMs + 864_000_000,
          suffix: '.mesh',
        },
      ]),
    ),
    plots: new Map(genesis.plots.map(({ nodeId, ...plot }) => [key(nodeId), plot])),
    voters: new Set(genesis.validators.map(key)),
    usedSequences: new Map(holders.map(({ nodeId }) => [key(nodeId), new Set()])),
    usedIds: new Set(),
  };
}

/** A request made well, and the same broken in some ways or in none. */
function drawDraft(random: Random, index: number, ledger: Ledger, node: TestNode, chainId: string) {
  const wishes = {
    minimumStake: random.below(300),
    maxTimeOffsetMs: random.pick([1, 1_000, 10 ** 9]),
    minimumStorageBytes: random.pick([0, 2 ** 20, 2 ** 21]),
    minimumComputeBits: random.below(8),
  };
  const made = makeRequest({
    chainId,
    subject: subjectOf(node, {
      requestId: `r${random.chance(0.1) ? random.below(index + 1) : index}`,
      requirements: random.chance(0.1) ? wishes : null,
    }),
    signer: node.signer,
    plot: node.plot,
    stakeAmount: random.between(90, 1_010),
    beacon: random.chance(0.05) ? { ...ledger.beacon, epoch: 1 } : ledger.beacon,
    timestamp: startMs + random.between(-1_000, 1_000),
    sequence: Math.max(1, index + random.between(-40, 2)),
    requirements: lightGenesis.requirements,
  });
  let draft: Draft = { subject: made.subject, proofs: made.proofs };
  const broken = random.pick([0, 0, 1, 1, 2]);
  for (let i = 0; i < broken; i++) draft = random.pick(breakages)(draft, random);
  return { made, draft, broken: broken > 0 };
}

const chainOf = (random: Random) => (random.chance(0.03) ? 'c2'.repeat(32) : genesis.chainId);

function draw(index: number, ledger: Ledger): CertificateRequest {
  const random = new Random(`agreement/${index}`);
  const node = random.chance(0.9) ? random.pick(holders) : testNode(9);
  const { made, draft, broken } = drawDraft(random, index, ledger, node, chainOf(random));
  if (!broken) return made;
  // Half of the cheats own the key and sign again; the others changed what another had signed.
  return random.chance(0.5)
    ? signRequest(genesis.chainId, draft.subject, draft.proofs, node.signer)
    : { ...draft, signature: made.signature };
}

/** What somebody on the way can do to a signed batch that stays one. */
const meddling: readonly ((batch: RequestBatch, random: Random) => RequestBatch)[] = [
  (batch) => ({ ...batch, signature: flip(batch.signature, 5) }),
  ({ requests, signature }) => ({ requests: requests.toReversed(), signature }),
  ({ requests, signature }) => ({ requests: requests.slice(0, 1), signature }),
  ({ requests, signature }) => ({ requests: [...requests, ...requests.slice(0, 1)], signature }),
  ({ requests, signature }, random) => {
    const { proofs } = requests[0] as ProvenSubject;
    const at = random.below(proofs.space.siblings.length / 32) * 32;
    const siblings = flip(proofs.space.siblings, at + 7);
    const space = { ...proofs.space, siblings };
    return { requests: requests.map((r) => ({ ...r, proofs: { ...r.proofs, space } })), signature };
  },
];

/** Some requests of one node under one signature, some of them broken, or all of them at once. */
function drawBatch(index: number, ledger: Ledger): RequestBatch {
  const random = new Random(`agreement/batch ${index}`);
  const node = random.chance(0.9) ? random.pick(holders) : testNode(9);
  const chainId = chainOf(random);
  const count = random.pick([1, 2, 3, 5, 17]);
  const [first, ...others] = Array.from({ length: count }, (_, i) =>
    drawDraft(random, index + i, ledger, node, chainId),
  ).map(({ draft }) => draft) as [Draft, ...Draft[]];
  const { beacon } = first.proofs.time;
  const drafts = [first, ...others.filter(({ proofs }) => proofs.time.beacon === beacon)];
  const batch = makeRequestBatch(chainId, drafts, node.signer, node.plot);
  return random.chance(0.25) ? random.pick(meddling)(batch, random) : batch;
}

/** What came of judging many requests twice. */
export interface Agreement {
  /** Of the requests in which the two differ: its number and what each found, at most ten. */
  readonly differences: readonly string[];
  /** How often each verdict was the ledger's: `valid`, or a proof that failed. */
  readonly seen: ReadonlyMap<string, number>;
}

/** One request in so many is a batch of them. */
const batchEvery = 6;

/** Every request is made, broken and judged from its number alone, so a longer run only adds. */
export function judgeTwice(requests: number): Agreement {
  const ledger = new Ledger(lightGenesis, options);
  const world = newWorld(ledger);
  const seen = new Map<string, number>();
  const differences: string[] = [];
  const compare = (name: string, { failures }: ValidationResult, naive: readonly string[]) => {
    const failed = [...new Set(failures.map((failure) => failure.proof))].sort();
    if (failed.join() !== naive.join()) {
      differences.push(`request ${name}: ledger [${failed}], naive reader [${naive}]`);
    }
    for (const verdict of failed.length === 0 ? ['valid'] : failed) {
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    }
  };
  const judged = (index: number, operation: Uint8Array) => {
    const [bytes] = ledger.execute(index, startMs, [operation]).results;
    return decisionsIn(resultOf(bytes as Uint8Array));
  };
  for (let index = 1; index <= requests && differences.length < 10; index++) {
    if (index % batchEvery === 0) {
      const batch = drawBatch(index, ledger);
      const decisions = judged(index, validateBatchOperation(batch));
      const naive = naiveBatchFailures(batch, world);
      if (decisions.length !== naive.length) differences.push(`batch ${index}: not all decided`);
      decisions.forEach((each, i) => {
        compare(`${index}, ${i} of a batch`, each, naive[i] ?? []);
      });
      continue;
    }
    const request = draw(index, ledger);
    const naive = naiveFailures(request, world);
    const [decision] = judged(index, validateOperation(request));
    compare(`${index}`, decision as ValidationResult, naive);
    if (!naive.includes('signature')) book(request, world);
  }
  return { differences, seen };
}

/** The agreement means something only if each of these was often the verdict. */
export const verdicts = ['valid', 'signature', 'time', 'replay', 'work', 'stake', 'space'] as const;

/**
 * What each proof costs to make and to check, the static check as a whole with and without its
 * cache, and execution on the ledger, beside one Ed25519 verification of the same run: trust the
 * ratios, not the microseconds. `node bench/proofs.ts`
 */
import { ed25519 } from '../src/base/signature.ts';
import type { Genesis } from '../src/ledger/genesis.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { validateOperation } from '../src/ledger/operation.ts';
import { StaticCheckCache } from '../src/ledger/static-check.ts';
import { makePlot } from '../src/proofs/plot.ts';
import { profiles } from '../src/proofs/profiles.ts';
import { makeRequest, requestContext } from '../src/proofs/proof-set.ts';
import { checkSpace, makeSpace } from '../src/proofs/space.ts';
import { checkStakeClaim, makeStake } from '../src/proofs/stake.ts';
import { checkTimeNonce, makeTime } from '../src/proofs/time.ts';
import { checkWork, makeWork } from '../src/proofs/work.ts';

const startMs = 1_700_000_000_000;
const requests = 1_000;
const batch = 50;
const requirements = profiles.localhost;
const signer = ed25519.signer(new Uint8Array(32).fill(1));
const nodeId = signer.publicKey;

/** Mean microseconds of `runs` calls. */
function measure(runs: number, call: (run: number) => void): number {
  const from = performance.now();
  for (let run = 0; run < runs; run++) call(run);
  return ((performance.now() - from) * 1000) / runs;
}

let verifyUs = 1;
function report(what: string, us: number): void {
  const ratio = (us / verifyUs).toFixed(2).padStart(9);
  process.stdout.write(
    `${what.padEnd(44)} ${us.toFixed(1).padStart(10)} µs ${ratio} verifications\n`,
  );
}

const message = new Uint8Array(32);
const signature = signer.sign(message);
measure(500, () => ed25519.verify(nodeId, message, signature));
verifyUs = measure(2_000, () => ed25519.verify(nodeId, message, signature));
report('one Ed25519 verification', verifyUs);

report(
  'make a plot of 1 MiB',
  measure(2, () => makePlot(nodeId, 32_768)),
);
const plot = makePlot(nodeId, 32_768);
const genesis: Genesis = {
  chainId: 'c1'.repeat(32),
  requirements,
  scaleNote: '',
  validators: [1, 2, 3, 4].map((fill) => new Uint8Array(32).fill(fill)),
  accounts: [
    { nodeId, amount: 1_000, lockedSinceMs: 0, lockedUntilMs: 2 * startMs, namePatterns: ['*'] },
  ],
  plots: [{ nodeId, root: plot.root, labels: plot.labels, scaleFactor: 1 }],
  startMs,
  beaconEpochMs: 60_000,
};
const { beacon } = new Ledger(genesis, { scheme: ed25519 });
const ingredients = (run: number) => ({
  chainId: genesis.chainId,
  subject: {
    requestId: `r${run}`,
    commonName: 'a.mesh',
    sanEntries: ['b.mesh'],
    nodeId,
    ipv6Addresses: [],
    publicKey: new Uint8Array(91).fill(7),
    tbsDigest: null,
    notAfterMs: startMs + 86_400_000,
    requirements: null,
  },
  signer,
  plot,
  stakeAmount: 100,
  beacon,
  timestamp: startMs + 1,
  sequence: run + 1,
  requirements,
});

const context = requestContext(ingredients(0));
const space = makeSpace(plot, context);
const stake = makeStake(context, nodeId, 100);
const time = makeTime(context, startMs, beacon, 1);
const work = makeWork(context, requirements.minimumComputeBits);
report(
  'make space',
  measure(2_000, () => makeSpace(plot, context)),
);
report(
  'make stake',
  measure(2_000, () => makeStake(context, nodeId, 100)),
);
report(
  'make time',
  measure(2_000, () => makeTime(context, startMs, beacon, 1)),
);
report(
  'make work of 14 bits',
  measure(20, (run) => makeWork(requestContext(ingredients(run)), 14)),
);
report(
  'check space',
  measure(2_000, () => checkSpace(space, context, 2 ** 20)),
);
report(
  'check stake',
  measure(2_000, () => checkStakeClaim(stake, nodeId, context, 100)),
);
report(
  'check time',
  measure(2_000, () => checkTimeNonce(time, context)),
);
report(
  'check work',
  measure(2_000, () => checkWork(work, context, 14)),
);

const light = { ...genesis, requirements: { ...requirements, minimumComputeBits: 4 } };
const operations = Array.from({ length: requests }, (_, run) =>
  validateOperation(makeRequest({ ...ingredients(run), requirements: light.requirements })),
);
const env = { chainId: genesis.chainId, requirements: light.requirements, scheme: ed25519 };
const cache = new StaticCheckCache(env);
const checkUs = measure(requests, (run) => cache.check(operations[run] as Uint8Array));
report('static check of a request', checkUs);
report(
  'the same from the cache',
  measure(requests, (run) => cache.check(operations[run] as Uint8Array)),
);
const ledger = new Ledger(light, { scheme: ed25519, staticCheck: cache.check });
const executeUs =
  measure(requests / batch, (run) => {
    ledger.execute(run + 1, startMs + run, operations.slice(run * batch, (run + 1) * batch));
  }) / batch;
report(`execution, checked before, batches of ${batch}`, executeUs);
const perSecond = Math.round(1e6 / (checkUs + executeUs));
process.stdout.write(`validations per second of one core: ${perSecond}\n`);

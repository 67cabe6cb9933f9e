/**
 * What each proof costs to make and to check, its share of a request, what the cache and the check
 * threads save, and how many validations a second one core does, beside one Ed25519 verification of
 * the same run: trust the ratios, not the microseconds. Those are CPU time, so that what else the
 * machine does counts less. Medians of seven rounds, their least and most. `node bench/proofs.ts`
 */
import { ed25519 } from '../src/base/signature.ts';
import type { Genesis } from '../src/ledger/genesis.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { decodeOperation, validateOperation } from '../src/ledger/operation.ts';
import { StaticCheckCache } from '../src/ledger/static-check.ts';
import { makePlot } from '../src/proofs/plot.ts';
import { profiles } from '../src/proofs/profiles.ts';
import { makeRequest, requestContext } from '../src/proofs/proof-set.ts';
import { makeRegistration, registrationFault } from '../src/proofs/registration.ts';
import { requestHash, signedRequestBytes } from '../src/proofs/request-codec.ts';
import {
  challengeOpenings,
  checkOpenings,
  checkSpace,
  makeSpace,
  openingsHold,
} from '../src/proofs/space.ts';
import { checkStakeClaim, makeStake } from '../src/proofs/stake.ts';
import { checkTimeNonce, makeTime } from '../src/proofs/time.ts';
import { checkWork, makeWork } from '../src/proofs/work.ts';
import { useSodium } from '../src/runtime/sodium-engine.ts';
import { StaticCheckPool } from '../src/runtime/static-check-pool.ts';

// As replicas do.
useSodium();

const rounds = 7;
const startMs = 1_700_000_000_000;
const requestsPerRound = 300;
const batch = 50;
const requirements = profiles.localhost;
const signer = ed25519.signer(new Uint8Array(32).fill(1));
const nodeId = signer.publicKey;

/** CPU time of this process since it began, microseconds. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Microseconds of one call. */
interface Cost {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

function costOf(samples: readonly number[]): Cost {
  const sorted = samples.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** Each round is the mean of `runs` calls, which are numbered through. */
function measure(runs: number, call: (run: number) => void): Cost {
  for (let run = 0; run < Math.min(runs, 200); run++) call(run);
  const samples = Array.from({ length: rounds }, (_, round) => {
    const from = cpuUs();
    for (let run = 0; run < runs; run++) call(round * runs + run);
    return (cpuUs() - from) / runs;
  });
  return costOf(samples);
}

let verifyUs = 1;
function report(what: string, { median, least, most }: Cost, note = ''): void {
  const us = (value: number) => (value < 100 ? value.toFixed(1) : value.toFixed(0));
  const spread = `${us(least)}–${us(most)}`;
  process.stdout.write(
    `${what.padEnd(46)} ${us(median).padStart(9)} µs ${spread.padStart(17)} ` +
      `${(median / verifyUs).toFixed(2).padStart(9)} verifications ${note}\n`,
  );
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const message = new Uint8Array(32);
const signature = signer.sign(message);
const verification = measure(1000, () => ed25519.verify(nodeId, message, signature));
verifyUs = verification.median;
report('one Ed25519 verification', verification);

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
const { chainId } = genesis;
const { beacon } = new Ledger(genesis, { scheme: ed25519 });
const ingredients = (run: number) => ({
  chainId,
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
const contextOf = (run: number) => requestContext(ingredients(run));
const context = contextOf(0);

say('\nmade by the requester');
report(
  'plot of 1 MiB',
  measure(1, () => void makePlot(nodeId, 32_768)),
);
report(
  'space: 4 openings',
  measure(1000, () => void makeSpace(plot, context)),
);
report(
  'stake',
  measure(1000, () => void makeStake(context, nodeId, 100)),
);
report(
  'time',
  measure(1000, () => void makeTime(context, startMs, beacon, 1)),
);
report(
  'work of 14 bits, SHA-256',
  measure(10, (run) => void makeWork(contextOf(run), 14)),
);
report(
  'work of 14 bits, scrypt',
  measure(5, (run) => void makeWork(contextOf(run), 14, 0, 'scrypt')),
);

const space = makeSpace(plot, context);
const stake = makeStake(context, nodeId, 100);
const time = makeTime(context, startMs, beacon, 1);
const work = makeWork(context, requirements.minimumComputeBits);
const light = { ...genesis, requirements: { ...requirements, minimumComputeBits: 4 } };
const operationOf = (run: number) =>
  validateOperation(makeRequest({ ...ingredients(run), requirements: light.requirements }));
const first = makeRequest({ ...ingredients(0), requirements: light.requirements });
const encoded = validateOperation(first);
const signed = signedRequestBytes(chainId, first.subject, first.proofs);

say(`\nchecked by every replica, in a request of ${encoded.length} bytes`);
const parts: (readonly [string, Cost])[] = [
  ['decoding', measure(1000, () => void decodeOperation(encoded))],
  [
    'what proofs and signature commit to',
    measure(1000, () => {
      requestHash(first.subject);
      signedRequestBytes(chainId, first.subject, first.proofs);
    }),
  ],
  ['signature', measure(500, () => void ed25519.verify(nodeId, signed, first.signature))],
  ['space', measure(1000, () => void checkSpace(space, checkOpenings(space, context), 2 ** 20))],
  ['stake', measure(1000, () => void checkStakeClaim(stake, nodeId, context, 100))],
  ['work', measure(1000, () => void checkWork(work, context, 14))],
  ['time', measure(1000, () => void checkTimeNonce(time, context))],
];
const whole = parts.reduce((sum, [, { median }]) => sum + median, 0);
for (const [what, cost] of parts) {
  report(what, cost, `${((cost.median / whole) * 100).toFixed(0).padStart(3)} % of a request`);
}
report(
  'work by scrypt instead',
  measure(5, () => void checkWork(work, context, 14, 'scrypt')),
);
report(
  `full challenge: ${challengeOpenings} openings`,
  measure(50, () => {
    const openings = makeSpace(plot, context, challengeOpenings);
    openingsHold(openings, context, challengeOpenings);
  }),
  '(made and checked)',
);
const registering = { chainId, beacon, nodeId };
const registration = makeRegistration(registering, plot.labels);
report(
  'registration of 1 MiB',
  measure(20, () => void registrationFault(registration, registering)),
);

say('\na request as a whole');
const operations = Array.from({ length: requestsPerRound * rounds }, (_, run) => operationOf(run));
const env = { chainId, requirements: light.requirements, scheme: ed25519 };
const perRound = (call: (operations: readonly Uint8Array[], round: number) => void): Cost =>
  costOf(
    Array.from({ length: rounds }, (_, round) => {
      const mine = operations.slice(round * requestsPerRound, (round + 1) * requestsPerRound);
      const from = cpuUs();
      call(mine, round);
      return (cpuUs() - from) / requestsPerRound;
    }),
  );
const cache = new StaticCheckCache(env);
const checked = perRound((mine) => mine.forEach((operation) => void cache.check(operation)));
report('static check', checked);
const again = perRound((mine) => mine.forEach((operation) => void cache.check(operation)));
report(
  'the same from the cache',
  again,
  `${(checked.median / again.median).toFixed(0)} times less`,
);
const ledgerOf = (staticCheck: StaticCheckCache) =>
  new Ledger(light, { scheme: ed25519, staticCheck: staticCheck.check });
const executeAll = (ledger: Ledger) =>
  perRound((mine, round) => {
    for (let at = 0; at < mine.length; at += batch) {
      const sequence = round * requestsPerRound + at + 1;
      ledger.execute(sequence, startMs + sequence, mine.slice(at, at + batch));
    }
  });
const executed = executeAll(ledgerOf(cache));
report(`execution, checked before, batches of ${batch}`, executed);
const both = executeAll(ledgerOf(new StaticCheckCache(env)));
report('execution with the check', both);

/** Verdicts brought by one thread, and what that leaves to the thread that asks. */
async function pooled(): Promise<{ readonly asking: Cost; readonly whole: Cost }> {
  const pool = new StaticCheckPool({
    environment: { chainId, requirements: light.requirements, scheme: 'ed25519' },
    threads: 1,
    onFailure: (error) => process.emitWarning(error),
  });
  const ask = (mine: readonly Uint8Array[]) =>
    Promise.all(
      mine.map((operation) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        if (!pool.check(operation, () => resolve())) throw new Error('the pool is full');
        return promise;
      }),
    );
  await ask(operations.slice(0, requestsPerRound));
  const [asking, total]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const mine = operations.slice(round * requestsPerRound, (round + 1) * requestsPerRound);
    const [own, from] = [process.threadCpuUsage(), cpuUs()];
    await ask(mine);
    const { user, system } = process.threadCpuUsage(own);
    asking.push((user + system) / requestsPerRound);
    total.push((cpuUs() - from) / requestsPerRound);
  }
  pool.stop();
  return { asking: costOf(asking), whole: costOf(total) };
}
const pool = await pooled();
report('static check on one thread beside, in all', pool.whole);
report('of that on the thread that asks', pool.asking);

const perSecond = (us: number) => Math.round(1e6 / us);
say(`\nvalidations per second of one core: ${perSecond(both.median)}`);
say(`  with verdicts from threads beside: ${perSecond(executed.median + pool.asking.median)}`);
say(`Ed25519 verifications per second of one core, same run: ${perSecond(verifyUs)}`);

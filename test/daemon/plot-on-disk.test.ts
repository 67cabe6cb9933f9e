import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GenesisFile } from '../../src/daemon/genesis-file.ts';
import { Stopping } from '../../src/daemon/stopping.ts';
import { plotOnDisk } from '../../src/daemon/trustchain-node.ts';
import { decodeResult } from '../../src/ledger/result.ts';
import { NodeProver } from '../../src/prover/node-prover.ts';
import { solveAtOnce } from '../../src/runtime/solve-work.ts';
import { systemTimers } from '../../src/runtime/system-timers.ts';
import { HttpCluster } from '../http/cluster.ts';
import { holders } from '../ledger/fixtures.ts';
import { chainId, plotLabels, requirements, scaleFactor, subjectOf } from '../proofs/fixtures.ts';

let cluster: HttpCluster;
let directory = '';
const stopping = new Stopping();
const node = holders[0]!;

beforeAll(async () => {
  cluster = await HttpCluster.start();
  directory = mkdtempSync(join(tmpdir(), 'hypermesh-plot-'));
});
afterAll(async () => {
  await stopping.run();
  await cluster?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** As TrustChain opens a plot that is too large for its memory; here a small one, to be quick. */
function open() {
  const plot = { labels: plotLabels, scaleFactor };
  const genesisFile = { plot } as unknown as GenesisFile;
  const key = { signer: node.signer, seed: new Uint8Array(32).fill(1) };
  const log = pino({ level: 'silent' });
  return plotOnDisk({ dataDirectory: directory, genesisFile, key, log }, stopping);
}

async function askWith(own: Awaited<ReturnType<typeof open>>, run: number) {
  const { client: validator } = cluster.seats[0]!;
  let sequence = 100 * run;
  const prover = new NodeProver({
    name: `plot on disk ${run}`,
    ...{ chainId, signer: node.signer, ...own, requirements, validator },
    ...{ position: null, stakeAmount: 1_000, clock: cluster.clock, timers: systemTimers },
    solveWork: solveAtOnce,
    nextSequence: () => ++sequence,
  });
  await new Promise<void>((resolve, reject) => {
    prover.enrol((enrolled) => (enrolled.ok ? resolve() : reject(new Error(enrolled.reason))));
  });
  const notAfterMs = cluster.clock.nowMs() + 60_000;
  const subject = subjectOf(node, { requestId: `on-disk-${run}`, notAfterMs });
  const operation = await new Promise<Uint8Array>((resolve, reject) => {
    prover.prove(subject, (made) => (made === null ? reject(new Error('none')) : resolve(made)));
  });
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  validator.submit(operation, (outcome) => {
    if (outcome.type === 'certified') resolve(outcome.certified.answer.result);
    else reject(new Error(outcome.type));
  });
  const result = decodeResult(await promise);
  prover.stop();
  return result.ok ? result.value : result.reason;
}

test('A plot in a file is made once and registered, and its proofs convince a quorum', async () => {
  const own = await open();
  expect(own.plot.root).toBe(node.plot.root);
  expect(await askWith(own, 1)).toMatchObject({ type: 'validation', status: 'valid' });
  const { mtimeMs, ino } = statSync(join(directory, 'plot'));
  const again = await open();
  expect(statSync(join(directory, 'plot'))).toMatchObject({ mtimeMs, ino });
  expect(await askWith(again, 2)).toMatchObject({ type: 'validation', status: 'valid' });
});

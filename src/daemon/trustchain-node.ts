import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { equalBytes, toHex } from '../base/bytes.ts';
import { makePlot } from '../proofs/plot.ts';
import {
  makeRegistration,
  type PlotRegistration,
  type RegistrationContext,
  registrationParts,
} from '../proofs/registration.ts';
import type { AnyPlot } from '../proofs/stored-plot.ts';
import { NodeProver, RequestBatcher, SharedProver } from '../prover/index.ts';
import { makePlotFile } from '../runtime/make-plot-file.ts';
import { openPlotFile, registrationSources, rowsPath, storedPlot } from '../runtime/plot-file.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { SolveWork } from '../runtime/solve-work.ts';
import type { Validator } from '../runtime/validator.ts';
import type { GenesisFile } from './genesis-file.ts';
import type { NodeKey } from './key-file.ts';
import { maxSharedRequests } from './limits.ts';
import { DaemonRefusal } from './refusal.ts';
import type { Stopping } from './stopping.ts';

/** Up to 32 MiB a plot is made anew at every start, which takes seconds; beyond it is a file. */
const maxLabelsInMemory = 2 ** 20;
/** From one try to enrol to the next, when a quorum refuses. */
const enrolAgainMs = 10_000;

interface OwnPlot {
  readonly plot: AnyPlot;
  readonly register: (context: RegistrationContext) => readonly PlotRegistration[];
}

export interface OwnNodeOptions {
  readonly dataDirectory: string;
  readonly genesisFile: GenesisFile;
  readonly key: NodeKey;
  readonly validator: Validator;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly solveWork: SolveWork;
  readonly nextSequence: () => number;
  readonly log: Logger;
}

/** Where a plot lies, whose it is and how large. */
type PlotPlace = Pick<OwnNodeOptions, 'dataDirectory' | 'genesisFile' | 'key' | 'log'>;

/** A registered node, and what puts the requests it proves for under few signatures. */
export interface OwnNode {
  readonly prover: NodeProver;
  readonly agent: SharedProver;
}

/** TrustChain's own registered node: its plot, and who makes proofs from it. */
export async function openOwnNode(options: OwnNodeOptions, stopping: Stopping): Promise<OwnNode> {
  const { genesisFile, key } = options;
  const { genesis } = genesisFile;
  const { publicKey } = key.signer;
  const account = genesis.accounts.find(({ nodeId }) => equalBytes(nodeId, publicKey));
  if (account === undefined) {
    const found = `found no account of ${toHex(publicKey)}`;
    throw new DaemonRefusal('mismatch', `genesis: ${found}; allowed: one with TrustChain's stake`);
  }
  const own = await openPlot(options, stopping);
  const { chainId, requirements } = genesis;
  const { signer } = key;
  const prover = new NodeProver({
    ...options,
    ...own,
    name: `trustchain ${randomBytes(8).toString('hex')}`,
    chainId,
    signer,
    position: null,
    stakeAmount: account.amount,
    requirements,
  });
  const { plot } = own;
  const { timers } = options;
  const maxRequests = maxSharedRequests;
  const batcher = new RequestBatcher({ chainId, signer, plot, timers, maxRequests });
  return { prover, agent: new SharedProver({ prover, batcher }) };
}

function openPlot(options: OwnNodeOptions, stopping: Stopping): OwnPlot | Promise<OwnPlot> {
  const { labels, scaleFactor } = options.genesisFile.plot;
  const nodeId = options.key.signer.publicKey;
  if (labels > maxLabelsInMemory) return plotOnDisk(options, stopping);
  const plot = makePlot(nodeId, labels, scaleFactor);
  return { plot, register: (context) => [makeRegistration(context, labels, scaleFactor)] };
}

/** The plot in its files, which are made where they are not there yet. */
export async function plotOnDisk(options: PlotPlace, stopping: Stopping): Promise<OwnPlot> {
  const { labels, scaleFactor } = options.genesisFile.plot;
  const path = join(options.dataDirectory, 'plot');
  if (!existsSync(path)) await makeFile(path, options, stopping);
  const files = [openPlotFile(path), openPlotFile(rowsPath(path))];
  for (const file of files) stopping.add(() => file.close());
  const [kept] = files;
  if (kept === undefined) throw new Error('two files were opened');
  const size = { labels, scaleFactor };
  return {
    plot: storedPlot(path, kept),
    register: (context) => registrationParts(context, size, registrationSources(files)),
  };
}

async function makeFile(
  path: string,
  { genesisFile, key, log }: PlotPlace,
  stopping: Stopping,
): Promise<void> {
  const { labels, scaleFactor } = genesisFile.plot;
  const aborting = new AbortController();
  stopping.add(() => aborting.abort());
  let told = 0;
  log.info({ labels, path }, 'making the plot');
  await makePlotFile({
    path,
    nodeId: key.signer.publicKey,
    labels,
    scaleFactor,
    signal: aborting.signal,
    onProgress: (done, total) => {
      const percent = Math.floor((done * 100) / total);
      if (percent >= told + 5) log.info({ percent }, 'making the plot');
      if (percent >= told + 5) told = percent;
    },
  });
}

/**
 * Enrols, and again until it succeeds: without a quorum TrustChain serves what it has and issues
 * nothing. Resolves at the first success, or when `prover` is stopped.
 */
export function keepEnrolling(prover: NodeProver, timers: Timers, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    prover.signal.addEventListener('abort', () => resolve(), { once: true });
    const attempt = (): void => {
      if (prover.stopped) return;
      prover.enrol((enrolled) => {
        if (enrolled.ok) {
          const { beacon, computeBits } = enrolled;
          log.info({ epoch: beacon.epoch, computeBits }, 'enrolled with the cluster');
          return resolve();
        }
        log.warn({ reason: enrolled.reason }, 'not enrolled');
        timers.after(enrolAgainMs, attempt);
      });
    };
    attempt();
  });
}

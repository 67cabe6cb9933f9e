import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ed25519 } from '../base/signature.ts';
import { localhostHttpLimits, productionHttpLimits } from '../http/limits.ts';
import { TokenBuckets } from '../http/token-buckets.ts';
import { TrustchainMetrics } from '../http/trustchain-metrics.ts';
import type { TrustchainParts } from '../http/trustchain-parts.ts';
import { createTrustchainServer } from '../http/trustchain-server.ts';
import { EpochChain } from '../ledger/epoch-chain.ts';
import { voteVerifier } from '../pbft/envelope.ts';
import { Sequence } from '../prover/sequence.ts';
import { PrometheusRegistry } from '../runtime/prometheus.ts';
import { monotonicClock, SystemClock } from '../runtime/system-clock.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import type { Validator } from '../runtime/validator.ts';
import { WorkSolvers } from '../runtime/work-solvers.ts';
import type { CertificateAuthority } from '../trustchain/authority.ts';
import { ReadyProofs } from '../trustchain/ready-proofs.ts';
import { RequestDesk } from '../trustchain/request-desk.ts';
import { HttpValidator } from '../validation/http-client.ts';
import { httpPolicies } from '../validation/http-policy.ts';
import { rememberVotes } from '../validation/remembered-votes.ts';
import { replaceFile } from './cluster-file.ts';
import { DataLock } from './data-lock.ts';
import { type GenesisFile, readGenesisFile } from './genesis-file.ts';
import { readKeyFile } from './key-file.ts';
import { lockPatienceMs } from './limits.ts';
import type { LiveSettled } from './live.ts';
import { settledFor } from './live-settled.ts';
import { openLog } from './log.ts';
import { Stopping } from './stopping.ts';
import { type OpenedAuthority, openAuthorityStore, openJournalAt } from './trustchain-authority.ts';
import type { RunningTrustchain, TrustchainConfig } from './trustchain-config.ts';
import { HeardValidator, healthOf } from './trustchain-health.ts';
import { keepEnrolling, type OwnNode, openOwnNode } from './trustchain-node.ts';
import { chooseHttpPort, startDns } from './trustchain-ports.ts';
import { TrustchainWatch } from './trustchain-watch.ts';

/** How long a start waits for the cluster; without it TrustChain serves what needs no quorum. */
const enrolPatienceMs = 20_000;
/** How long an HTTP answer waits for a decision before it is a 202. */
const answerWaitMs = { localhost: 30_000, default: 45_000, production: 60_000 } as const;
/** New requests of one address in a minute: addresses are no names, and a proxy is one address. */
const requestsPerMinute = { localhost: 6000, default: 600, production: 600 } as const;

/**
 * Starts TrustChain: the authority over its journal and log, its own node, HTTP and DNS. Throws
 * `DaemonRefusal` for what the operator can mend, with nothing left running.
 */
export async function startTrustchain(
  config: TrustchainConfig,
  onSettled: (settled: LiveSettled) => void = () => undefined,
): Promise<RunningTrustchain> {
  const log = openLog('trustchain', config.log);
  const stopping = new Stopping();
  try {
    return await start(config, onSettled, log, stopping);
  } catch (error) {
    log.error({ err: error }, 'TrustChain does not start');
    await stopping.run();
    throw error;
  }
}

async function start(
  config: TrustchainConfig,
  onSettled: (settled: LiveSettled) => void,
  log: Logger,
  stopping: Stopping,
): Promise<RunningTrustchain> {
  const genesisFile = readGenesisFile(config.genesisFile);
  const key = readKeyFile(config.nodeKeyFile);
  const lock = await DataLock.acquire(config.dataDirectory, lockPatienceMs);
  stopping.add(() => lock.release());
  const metrics = new TrustchainMetrics(new PrometheusRegistry());
  const { epochs, validator } = cluster(config, genesisFile, metrics, log, stopping);
  const httpPort = await chooseHttpPort(config);
  const url = `http://${config.host}:${httpPort}`;
  const opened = await openAuthorityStore(
    { config, genesisFile, epochs, validator, clock, url },
    stopping,
  );
  const own = await ownNode(config, { genesisFile, key, validator, log }, stopping);
  const { prover, agent } = own;
  validator.onEnded = (operation) => agent.ended(operation);
  const made = { opened, own, validator, metrics, genesisFile, onSettled, log };
  const parts = serviceParts(config, made);
  stopping.add(() => parts.desk.stop());
  const dns = await startDns({ config, authority: opened.authority, clock, metrics }, stopping);
  const limits = config.profile === 'production' ? productionHttpLimits : localhostHttpLimits;
  const server = await createTrustchainServer({ parts, metrics, limits, version: '1', log });
  stopping.add(() => server.close());
  await server.listen({ host: config.host, port: httpPort });
  const keepValidators = (json: string): void => replaceFile(config.validatorsFile, json);
  const { authority } = opened;
  const watching = { authority, epochs, prover, validator, clock, timers, keepValidators, log };
  const watch = new TrustchainWatch(watching);
  stopping.add(() => watch.stop());
  watch.start();
  authority.resume();
  await soon(keepEnrolling(prover, timers, log), enrolPatienceMs);
  log.info({ url, dns, certificates: authority.store.size }, 'TrustChain serves');
  return {
    url,
    dns,
    async stop() {
      log.info('stopping');
      await stopping.run();
      log.info('stopped');
    },
  };
}

const clock = new SystemClock();
const timers = systemTimers;

function cluster(
  config: TrustchainConfig,
  { deployment }: GenesisFile,
  metrics: TrustchainMetrics,
  log: Logger,
  stopping: Stopping,
): { readonly epochs: EpochChain; readonly validator: HeardValidator } {
  const epochs = new EpochChain(deployment.validators, (set) =>
    rememberVotes(voteVerifier(ed25519, set)),
  );
  const http = new HttpValidator({
    endpoints: config.nodes,
    epochs,
    policy: config.profile === 'production' ? httpPolicies.production : httpPolicies.localhost,
    onFault: (fault) => {
      metrics.onFault(fault.kind);
      log.debug({ ...fault }, 'a node did something else than answer');
    },
  });
  stopping.add(() => http.stop());
  return { epochs, validator: new HeardValidator(http, monotonicClock) };
}

async function ownNode(
  { dataDirectory }: TrustchainConfig,
  of: {
    readonly genesisFile: GenesisFile;
    readonly key: ReturnType<typeof readKeyFile>;
    readonly validator: Validator;
    readonly log: Logger;
  },
  stopping: Stopping,
): Promise<OwnNode> {
  const journal = await openJournalAt(join(dataDirectory, 'sequence'), stopping);
  const sequence = await Sequence.open(journal);
  const solvers = new WorkSolvers({
    threads: Math.max(1, Math.floor(availableParallelism() / 2)),
    onFailure: (error) => of.log.error({ err: error }, 'a thread that solves work ended'),
  });
  stopping.add(() => solvers.stop());
  const nextSequence = (): number => sequence.next();
  const solveWork = solvers.solve;
  const options = { ...of, dataDirectory, clock, timers, solveWork, nextSequence };
  const own = await openOwnNode(options, stopping);
  stopping.add(() => own.prover.stop());
  return own;
}

function serviceParts(
  config: TrustchainConfig,
  of: {
    readonly opened: OpenedAuthority;
    readonly own: OwnNode;
    readonly validator: HeardValidator;
    readonly metrics: TrustchainMetrics;
    readonly genesisFile: GenesisFile;
    readonly onSettled: (settled: LiveSettled) => void;
    readonly log: Logger;
  },
): TrustchainParts {
  const { opened, own, validator, metrics, log } = of;
  const { prover } = own;
  const { authority } = opened;
  const desk = makeDesk(authority, metrics, of.onSettled, log);
  const perMinute = config.requestsPerMinute ?? requestsPerMinute[config.profile];
  const health = (): ReturnType<typeof healthOf> =>
    healthOf({ ...opened, desk, prover, validator });
  return {
    ...opened,
    desk,
    ready: new ReadyProofs(desk, clock),
    ...own,
    chainId: of.genesisFile.genesis.chainId,
    buckets: new TokenBuckets({
      perMinute,
      maxClients: localhostHttpLimits.maxClients,
      clock: monotonicClock,
    }),
    onThrottled: () => metrics.onThrottled(),
    health,
    ...(config.pageUrl !== undefined && { pageUrl: config.pageUrl }),
    clock,
    waitMs: answerWaitMs[config.profile],
  };
}

function makeDesk(
  authority: CertificateAuthority,
  metrics: TrustchainMetrics,
  onSettled: (settled: LiveSettled) => void,
  log: Logger,
): RequestDesk {
  return new RequestDesk({
    authority,
    clock,
    timers,
    onAttempt: ({ requestId }, reason) => {
      metrics.onRetry();
      log.info({ requestId, reason }, 'asked again');
    },
    onSettled: ({ requestId }, outcome, tookMs) => {
      metrics.onSettled(outcome, tookMs);
      const serial = outcome.type === 'issued' ? outcome.certificate.serial : undefined;
      const refusal = outcome.type === 'refused' ? outcome.refusal : undefined;
      const failures = outcome.type === 'invalid' ? outcome.failures : undefined;
      const { type } = outcome;
      onSettled(settledFor(requestId, outcome, tookMs));
      log.info({ requestId, outcome: type, serial, refusal, failures, tookMs }, 'settled');
    },
  });
}

/** Waits for `done`, but no longer than so long. */
async function soon(done: Promise<void>, patienceMs: number): Promise<void> {
  let cancel = (): void => undefined;
  const patience = new Promise<void>((resolve) => {
    cancel = timers.after(patienceMs, resolve);
  });
  await Promise.race([done, patience]);
  cancel();
}

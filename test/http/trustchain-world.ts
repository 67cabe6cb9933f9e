import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { Random } from '../../src/base/random.ts';
import { localhostHttpLimits } from '../../src/http/limits.ts';
import { TokenBuckets } from '../../src/http/token-buckets.ts';
import { TrustchainMetrics } from '../../src/http/trustchain-metrics.ts';
import type { TrustchainParts } from '../../src/http/trustchain-parts.ts';
import { createTrustchainServer } from '../../src/http/trustchain-server.ts';
import { makeRegistration } from '../../src/proofs/registration.ts';
import { NodeProver } from '../../src/prover/node-prover.ts';
import type { Clock } from '../../src/runtime/ports.ts';
import { PrometheusRegistry } from '../../src/runtime/prometheus.ts';
import { solveAtOnce } from '../../src/runtime/solve-work.ts';
import { monotonicClock } from '../../src/runtime/system-clock.ts';
import { systemTimers } from '../../src/runtime/system-timers.ts';
import type { Validator } from '../../src/runtime/validator.ts';
import { CertificateAuthority } from '../../src/trustchain/authority.ts';
import { makeCsr } from '../../src/trustchain/csr.ts';
import { makeIssuer } from '../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { logKey } from '../../src/trustchain/log/log-key.ts';
import { MemoryLogStorage } from '../../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../../src/trustchain/log/transparency-log.ts';
import { ReadyProofs } from '../../src/trustchain/ready-proofs.ts';
import { RequestDesk } from '../../src/trustchain/request-desk.ts';
import { holders } from '../ledger/fixtures.ts';
import { chainId, requirements } from '../proofs/fixtures.ts';
import { HttpCluster } from './cluster.ts';

export const operatorKey = signingKeyFromSeed(new Random('operator').bytes(32));
export const subjectKey = (name: string) => signingKeyFromSeed(new Random(name).bytes(32));

export function csrOf(name: string, ...ipAddresses: readonly string[]): string {
  return makeCsr({ key: subjectKey(name), commonName: name, dnsNames: [name], ipAddresses });
}

export interface WorldOptions {
  readonly waitMs?: number;
  readonly perMinute?: number;
  /** Comes between TrustChain and the cluster. */
  readonly between?: (validator: Validator) => Validator;
}

function proverFor(validator: Validator, clock: Clock): NodeProver {
  const own = holders[0]!;
  let sequence = 0;
  return new NodeProver({
    name: 'trustchain test',
    chainId,
    signer: own.signer,
    plot: own.plot,
    register: (context) => [makeRegistration(context, own.plot.labels, own.plot.scaleFactor)],
    position: null,
    stakeAmount: 1_000,
    requirements,
    validator,
    clock,
    timers: systemTimers,
    solveWork: solveAtOnce,
    nextSequence: () => ++sequence,
  });
}

/** TrustChain over a real cluster of four, all in this process. */
export class TrustchainWorld {
  readonly cluster: HttpCluster;
  readonly authority: CertificateAuthority;
  readonly prover: NodeProver;
  readonly desk: RequestDesk;
  server!: FastifyInstance;
  private readonly parts: TrustchainParts;
  private readonly metrics = new TrustchainMetrics(new PrometheusRegistry());

  private constructor(cluster: HttpCluster, options: WorldOptions) {
    this.cluster = cluster;
    const { clock } = cluster;
    const [seat] = cluster.seats;
    const direct: Validator = seat!.client;
    const validator = options.between?.(direct) ?? direct;
    const random = new Random('trustchain');
    const chance = (sizeBytes: number) => random.bytes(sizeBytes);
    const urls = { base: 'http://127.0.0.1:8080', crlShards: 4 };
    const issuer = makeIssuer({ nowMs: clock.nowMs(), chance, urls });
    const key = logKey(signingKeyFromSeed(chance(32)));
    const log = new TransparencyLog(key, new MemoryLogStorage(), clock);
    const { epochs } = seat!;
    const { validators, verify } = epochs.firstEpoch;
    this.authority = new CertificateAuthority({
      issuer,
      log,
      validators,
      epochs,
      scheme: 'ed25519',
      verify,
      validator,
      clock,
      chance,
      urls,
    });
    this.prover = proverFor(validator, clock);
    this.desk = new RequestDesk({
      authority: this.authority,
      clock,
      timers: systemTimers,
      onSettled: (_, outcome, tookMs) => this.metrics.onSettled(outcome, tookMs),
    });
    this.parts = {
      authority: this.authority,
      desk: this.desk,
      ready: new ReadyProofs(this.desk, clock),
      prover: this.prover,
      agent: this.prover,
      chainId,
      log: { log, issuerChain: [issuer.certificate.der, issuer.root.der] },
      issuer,
      operatorKeys: [operatorKey.publicKey],
      buckets: new TokenBuckets({
        perMinute: options.perMinute ?? Infinity,
        maxClients: 16,
        clock: monotonicClock,
      }),
      onThrottled: () => this.metrics.onThrottled(),
      health: () => ({
        status: this.prover.terms === null ? 'unhealthy' : 'healthy',
        reasons: this.prover.terms === null ? ['not enrolled'] : [],
        enrolled: this.prover.terms !== null,
        quorumHeardMs: null,
        pending: this.desk.pending,
        certificates: this.authority.store.size,
        logSize: log.size,
      }),
      clock,
      waitMs: options.waitMs ?? 30_000,
    };
  }

  static async start(options: WorldOptions = {}): Promise<TrustchainWorld> {
    const world = new TrustchainWorld(await HttpCluster.start(), options);
    world.server = await createTrustchainServer({
      parts: world.parts,
      metrics: world.metrics,
      limits: localhostHttpLimits,
      version: '1.0.0',
    });
    return world;
  }

  enrol(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.prover.enrol((enrolled) => (enrolled.ok ? resolve() : reject(enrolled.reason)));
    });
  }

  post(url: string, payload: object, headers = {}): Promise<LightMyRequestResponse> {
    return this.server.inject({ method: 'POST', url, payload, headers });
  }

  get(url: string, headers = {}): Promise<LightMyRequestResponse> {
    return this.server.inject({ method: 'GET', url, headers });
  }

  async stop(): Promise<void> {
    this.prover.stop();
    this.desk.stop();
    await this.server.close();
    await this.cluster.stop();
  }
}

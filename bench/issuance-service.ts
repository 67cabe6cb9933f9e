/**
 * TrustChain as it runs, but for consensus: a stand-in says yes with a quorum's votes, at once.
 * Started by `bench/issuance.ts` with a directory of its own; says where it listens.
 */
import { join } from 'node:path';
import { ed25519 } from '../src/base/signature.ts';
import { localhostHttpLimits } from '../src/http/limits.ts';
import { TokenBuckets } from '../src/http/token-buckets.ts';
import { TrustchainMetrics } from '../src/http/trustchain-metrics.ts';
import type { TrustchainParts } from '../src/http/trustchain-parts.ts';
import { createTrustchainServer } from '../src/http/trustchain-server.ts';
import type { NodeProver } from '../src/prover/node-prover.ts';
import { LevelJournal } from '../src/runtime/level-journal.ts';
import { PrometheusRegistry } from '../src/runtime/prometheus.ts';
import { RecordFile } from '../src/runtime/record-file.ts';
import { useSodium } from '../src/runtime/sodium-engine.ts';
import { monotonicClock, SystemClock } from '../src/runtime/system-clock.ts';
import { systemTimers } from '../src/runtime/system-timers.ts';
import { keepZone, Zone, zoneDefaults } from '../src/trustchain/dns/index.ts';
import { ReadyProofs } from '../src/trustchain/ready-proofs.ts';
import { RequestDesk } from '../src/trustchain/request-desk.ts';
import { authorityOver, issuer, YesCluster } from './yes-cluster.ts';

// As `hypermesh trustchain` does.
useSodium();
const [, , directory = ''] = process.argv;
const clock = new SystemClock();
const cluster = new YesCluster(ed25519);
const journal = await LevelJournal.open(join(directory, 'journal'));
const storage = RecordFile.open(join(directory, 'log'));
const urls = { base: 'http://127.0.0.1:24000', crlShards: 16 };
const { authority, log } = authorityOver(ed25519, cluster, storage, journal, urls);
await new Promise<void>((resolve) => authority.recover(() => resolve()));
const zone = new Zone({ ...zoneDefaults, nameServerAddresses: [] });
keepZone(zone, authority, clock);
const desk = new RequestDesk({ authority, clock, timers: systemTimers });
const { agent } = cluster;
const prover = {
  nodeId: agent.nodeId,
  prove: agent.prove,
  learn: () => undefined,
  attest: (done: () => void) => done(),
};
const parts: TrustchainParts = {
  authority,
  desk,
  ready: new ReadyProofs(desk, clock),
  prover: prover as unknown as NodeProver,
  agent,
  chainId: cluster.validators.chainId,
  log: { log, issuerChain: [issuer.certificate.der, issuer.root.der] },
  issuer,
  operatorKeys: [issuer.key.publicKey],
  buckets: new TokenBuckets({ perMinute: 1e9, maxClients: 1024, clock: monotonicClock }),
  onThrottled: () => undefined,
  health: () => ({
    status: 'healthy',
    reasons: [],
    enrolled: true,
    quorumHeardMs: 0,
    pending: desk.pending,
    certificates: authority.store.size,
    logSize: log.size,
  }),
  clock,
  waitMs: 30_000,
};
const metrics = new TrustchainMetrics(new PrometheusRegistry());
const limits = localhostHttpLimits;
const server = await createTrustchainServer({ parts, metrics, limits, version: 'bench' });
const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${url}\n`);

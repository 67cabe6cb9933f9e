import { availableParallelism } from 'node:os';
import { ed25519, type SignatureScheme } from '../base/signature.ts';
import { Node } from '../node/node.ts';
import { type Meter, type StageMeter, within } from '../runtime/meter.ts';
import type { Observer } from '../runtime/observer.ts';
import { StaticCheckPool } from '../runtime/static-check-pool.ts';
import { monotonicClock } from '../runtime/system-clock.ts';
import { villainOf } from '../scenario/villains.ts';
import type { Hosted, HostedWorld } from './replica-host.ts';

/** What a host that measures wants to be told. */
export interface Watch {
  readonly observer: Observer;
  readonly meter: StageMeter;
}

/** The node on the ports of a replica process. */
export function hostNode(world: HostedWorld, watch?: Watch): Hosted {
  const { config, startMs, clock, timers, network, journal } = world;
  const { scenario, deployment, genesis, replica, ranBefore } = config;
  const scheme = watch === undefined ? ed25519 : meteredScheme(ed25519, watch.meter);
  const signer = scheme.signer(config.seed);
  const villain = villainOf({ scenario, replica, signer, startMs });
  const { chainId, requirements } = genesis;
  const pool = new StaticCheckPool({
    environment: { chainId, requirements, scheme: scheme.name },
    threads: threadsPerReplica(
      deployment.validators.publicKeys.length + deployment.standbys.length,
    ),
    onFailure: (error) => process.emitWarning(error),
    ...(watch && { meter: watch.meter, onSpent: (ms) => watch.meter.add('proofs', ms) }),
  });
  const node = new Node({
    index: replica,
    ...deployment,
    signer,
    scheme,
    genesis,
    clock,
    steady: monotonicClock,
    timers,
    network,
    journal,
    observer: watch?.observer ?? world.observer,
    ranBefore,
    ...(watch && { meter: watch.meter }),
    staticChecks: pool,
    ...(villain === null ? {} : { behaviour: villain }),
  });
  return {
    start: (done) => node.start(done),
    voteForReadmission: (process) => node.voteForReadmission(process),
    stop: () => {
      node.stop();
      pool.stop();
    },
  };
}

/** All replicas of a run share this machine; one thread each keeps hashing off consensus. */
function threadsPerReplica(replicas: number): number {
  return Math.max(1, Math.floor(availableParallelism() / replicas));
}

function meteredScheme(scheme: SignatureScheme, meter: Meter): SignatureScheme {
  return {
    name: scheme.name,
    signer(seed) {
      const { publicKey, sign } = scheme.signer(seed);
      return { publicKey, sign: (bytes) => within(meter, 'sign', () => sign(bytes)) };
    },
    verify: (publicKey, bytes, signature) =>
      within(meter, 'verify', () => scheme.verify(publicKey, bytes, signature)),
  };
}

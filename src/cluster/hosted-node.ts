import { availableParallelism } from 'node:os';
import { ed25519, type SignatureScheme } from '../base/signature.ts';
import { Node } from '../node/node.ts';
import type { NodeVitals } from '../node/vitals.ts';
import { type Meter, type StageMeter, within } from '../runtime/meter.ts';
import type { Observer } from '../runtime/observer.ts';
import { OwnThreadChecks } from '../runtime/own-thread-checks.ts';
import { StaticCheckPool } from '../runtime/static-check-pool.ts';
import { monotonicClock } from '../runtime/system-clock.ts';
import { endOfTurn } from '../runtime/system-timers.ts';
import { villainOf } from '../scenario/villains.ts';
import { clientKeySeed } from '../workload/identity.ts';
import type { Hosted, HostedWorld } from './replica-host.ts';

/** What a host that measures wants to be told. */
export interface Watch {
  readonly observer: Observer;
  readonly meter: StageMeter;
}

export interface HostedNode extends Hosted {
  readonly vitals: () => NodeVitals;
  stop(): void;
}

/** The node on the ports of a replica process. */
export function hostNode(world: HostedWorld, watch?: Watch): HostedNode {
  const { config, startMs, clock, timers, network, journal } = world;
  const { scenario, deployment, genesis, replica, ranBefore } = config;
  const scheme = watch === undefined ? ed25519 : meteredScheme(ed25519, watch.meter);
  const signer = scheme.signer(config.seed);
  const villain = villainOf({
    ...{ scenario, replica, signer, startMs },
    clientKey: (client) => scheme.signer(clientKeySeed(scenario.seed, client)).publicKey,
    onDeparture: world.onDeparture,
  });
  const checks = checksFor(world, scheme, watch);
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
    endOfTurn,
    journal,
    observer: watch?.observer ?? world.observer,
    ranBefore,
    ...(watch && { meter: watch.meter }),
    staticChecks: checks,
    ...(villain === null ? {} : { behaviour: villain }),
  });
  return {
    start: (done) => node.start(done),
    vitals: () => node.vitals,
    voteForReadmission: (process) => node.voteForReadmission(process),
    stop: () => {
      node.stop();
      checks.stop();
    },
  };
}

/**
 * All replicas of a run share this machine: where each can have a core for it, threads of its own
 * keep hashing off consensus.
 */
function checksFor({ config }: HostedWorld, scheme: SignatureScheme, watch?: Watch) {
  const { validators, standbys } = config.deployment;
  const { chainId, requirements } = config.genesis;
  const replicas = validators.publicKeys.length + standbys.length;
  const threads = Math.floor(availableParallelism() / replicas);
  const meter = watch && { meter: watch.meter };
  if (threads === 0) {
    return new OwnThreadChecks({
      environment: { chainId, requirements, scheme: ed25519 },
      ...meter,
    });
  }
  return new StaticCheckPool({
    environment: { chainId, requirements, scheme: scheme.name },
    threads,
    onFailure: (error) => process.emitWarning(error),
    ...meter,
    ...(watch && { onSpent: (ms) => watch.meter.add('proofs', ms) }),
  });
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

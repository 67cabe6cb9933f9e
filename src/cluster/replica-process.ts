import { availableParallelism } from 'node:os';
import { ed25519 } from '../base/signature.ts';
import { Node } from '../node/node.ts';
import { StaticCheckPool } from '../runtime/static-check-pool.ts';
import { monotonicClock } from '../runtime/system-clock.ts';
import { villainOf } from '../scenario/villains.ts';
import { runReplicaProcess } from './child-main.ts';
import type { Hosted, HostedWorld } from './replica-host.ts';

/** The entry of a replica process: the node on this process's ports. */
function makeNode(world: HostedWorld): Hosted {
  const { config, startMs, clock, timers, network, journal, observer } = world;
  const { scenario, deployment, genesis, replica, ranBefore } = config;
  const signer = ed25519.signer(config.seed);
  const scheme = ed25519;
  const villain = villainOf({ scenario, replica, signer, startMs });
  const { chainId, requirements } = genesis;
  const pool = new StaticCheckPool({
    environment: { chainId, requirements, scheme: scheme.name },
    threads: threadsPerReplica(
      deployment.validators.publicKeys.length + deployment.standbys.length,
    ),
    onFailure: (error) => process.emitWarning(error),
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
    observer,
    ranBefore,
    staticChecks: pool,
    ...(villain === null ? {} : { behaviour: villain }),
  });
  return {
    start: (done) => node.start(done),
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

runReplicaProcess(makeNode);

import { ed25519 } from '../base/signature.ts';
import { Node } from '../node/node.ts';
import { villainOf } from '../scenario/villains.ts';
import { runReplicaProcess } from './child-main.ts';
import type { Hosted, HostedWorld } from './replica-host.ts';

/** The entry of a replica process: the node on this process's ports. */
function makeNode(world: HostedWorld): Hosted {
  const { config, startMs, clock, timers, network, journal, observer } = world;
  const { scenario, deployment, genesis, replica, ranBefore } = config;
  const signer = ed25519.signer(config.seed);
  const scheme = ed25519;
  const villain = villainOf({ scenario, deployment, replica, signer, scheme, startMs });
  return new Node({
    index: replica,
    ...deployment,
    signer,
    scheme,
    genesis,
    clock,
    timers,
    network,
    journal,
    observer,
    ranBefore,
    ...(villain === null ? {} : { behaviour: villain }),
  });
}

runReplicaProcess(makeNode);

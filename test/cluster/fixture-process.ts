import { runReplicaProcess } from '../../src/cluster/child-main.ts';
import type { Hosted, HostedWorld } from '../../src/cluster/replica-host.ts';
import { replicaAddress } from '../../src/runtime/ports.ts';

const beatMs = 10;

/**
 * Stands in for a node where only processes matter: sends a counted beat to everyone again and
 * again, and reports what it hears as executed batches. `resultsRoot` carries the facts as JSON.
 */
function makeHeart(world: HostedWorld): Hosted {
  const { config, network, journal, clock, timers, observer } = world;
  const { replica, scenario } = config;
  const peers = config.deployment.validators.publicKeys
    .map((_, index) => replicaAddress(index))
    .filter((_, index) => index !== replica);
  let beats = 0;
  let boots = 0;
  const beat = () => {
    beats++;
    const frame = new Uint8Array(Buffer.from(JSON.stringify({ beats, nowMs: clock.nowMs() })));
    for (const peer of peers) network.send(peer, frame);
    timers.after(beatMs, beat);
  };
  network.onFrame((from, frame) => {
    const facts = {
      from,
      boots,
      ranBefore: config.ranBefore,
      ...JSON.parse(String(Buffer.from(frame))),
    };
    const nothing = { timestamp: 0, operations: [], results: [], stateDigest: '' };
    const told = { sequence: beats, resultsRoot: JSON.stringify(facts), ...nothing };
    observer.onExecuted?.(told, clock.nowMs());
  });
  return {
    start(done) {
      if (scenario.description === `replica ${replica} cannot start`) {
        done(new Error('no wish to start'));
        return;
      }
      if (scenario.description === `replica ${replica} throws`) throw new Error('thrown in start');
      journal.load((error, entries) => {
        boots = entries.length + 1;
        const put = { key: `boot-${boots}`, value: new Uint8Array() };
        if (error !== null) done(error);
        else journal.write({ puts: [put], deletes: [] }, done);
      });
      beat();
    },
    stop: () => undefined,
  };
}

runReplicaProcess(makeHeart);

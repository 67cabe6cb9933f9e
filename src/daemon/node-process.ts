import { runChildProcess } from './child-main.ts';
import { lockPatienceMs } from './limits.ts';
import { readWrittenNodeConfig, resolveNodeConfig } from './node-config.ts';
import { startNode } from './node-host.ts';
import type { NodeProcessConfig, NodeUp } from './node-seat.ts';

/** The entry of a node's process in a cluster on one machine. */
runChildProcess<NodeProcessConfig, NodeUp>(async ({ configFile }) => {
  const config = resolveNodeConfig(configFile, readWrittenNodeConfig(configFile));
  const { multiaddr, url, spent, drain, stop } = await startNode(config, { lockPatienceMs });
  return { up: { multiaddr, url }, spent, drain, stop };
});

import { runChildProcess } from './child-main.ts';
import { lockPatienceMs } from './limits.ts';
import { readWrittenNodeConfig, resolveNodeConfig } from './node-config.ts';
import { startNode } from './node-host.ts';
import type { NodeProcessConfig, NodeUp } from './node-seat.ts';

/** The entry of a node's process in a cluster on one machine. */
runChildProcess<NodeProcessConfig, NodeUp>(async ({ configFile, injectFaults }) => {
  const config = resolveNodeConfig(configFile, readWrittenNodeConfig(configFile));
  const node = await startNode(config, { lockPatienceMs, injectFaults });
  const { multiaddr, url, ...running } = node;
  return { up: { multiaddr, url }, ...running };
});

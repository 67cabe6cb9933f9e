import { runChildProcess } from './child-main.ts';
import type { TrustchainUp } from './cluster-processes.ts';
import type { TrustchainConfig } from './trustchain-config.ts';
import { startTrustchain } from './trustchain-host.ts';

/** The entry of TrustChain's process in a cluster on one machine. */
runChildProcess<TrustchainConfig, TrustchainUp>(async (config, settled) => {
  const { url, dns, stop } = await startTrustchain(config, settled);
  // Its own stop answers what it has begun, while the nodes behind it are still there.
  return { up: { url, dns }, drain: async () => undefined, stop };
});

import { runChildProcess } from './child-main.ts';
import type { RunningTrustchain, TrustchainConfig } from './trustchain-config.ts';
import { startTrustchain } from './trustchain-host.ts';

/** What the parent is told once TrustChain serves. */
export type TrustchainUp = Pick<RunningTrustchain, 'url' | 'dns'>;

/** The entry of TrustChain's process in a cluster on one machine. */
runChildProcess<TrustchainConfig, TrustchainUp>(async (config) => {
  const { url, dns, stop } = await startTrustchain(config);
  return { up: { url, dns }, drain: async () => undefined, stop };
});

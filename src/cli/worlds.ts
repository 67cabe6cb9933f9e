import type { ExploreWorld } from './explore-command.ts';
import type { Worlds } from './run-command.ts';

/** The two worlds, each imported only by the run that needs it. */
export const worlds: Worlds = {
  simulated: async () => (await import('../simulator/run.ts')).runInSimulator,
  libp2p: async () => (await import('../cluster/run.ts')).runOnCluster,
};

export const loadExplorer: ExploreWorld['loadExplorer'] = async () =>
  (await import('../simulator/explorer/explore.ts')).explore;

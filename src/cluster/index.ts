/**
 * The cluster (floor 7): a scenario on real processes. The parent process holds the clients and
 * plays the timeline; each replica is a process of its own with a libp2p host and a journal on
 * disk, told what to do over the IPC channel (`protocol.ts`) and gone when that channel closes.
 */
export { type ClusterHooks, runOnCluster } from './run.ts';

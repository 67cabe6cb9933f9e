/**
 * What runs for days (floor 7): a node, TrustChain, or a whole cluster of both on one machine.
 *
 *     cluster-host   the parent: lock, ports, a supervised process per node and one for TrustChain
 *     node-process   the inside of one: node-host = replica + journal + libp2p + client + HTTP
 *     trustchain-*   the inside of the other: authority, own node, HTTP, DNS
 *     live-*         the page that shows the cluster at work, served by the parent
 *
 * Invariants:
 * - A node of a cluster reads the config file that an operator of several machines would write:
 *   `hypermesh cluster` writes it and starts what `hypermesh node` starts.
 * - One process per data directory. The kernel gives its lock back, so there are no stale ones.
 * - A node that took part and finds its journal empty has lost its disk, and its replica knows it.
 * - What a peer or a full disk does is no crash: the node says over HTTP what it lacks. Whatever
 *   ends a process, its parent starts it again; without the parent it stops in order.
 * - On the way out all nodes stay in consensus until the last has answered what it had begun.
 * - The genesis says every number; no default of a later version changes a running cluster.
 */
export { type ClusterHostOptions, type RunningCluster, startCluster } from './cluster-host.ts';
export { startNode } from './node-host.ts';
export { startTrustchain } from './trustchain-host.ts';

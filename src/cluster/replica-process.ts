/** The entry of a replica process: the node on this process's ports. */
import { runReplicaProcess } from './child-main.ts';
import { hostNode } from './hosted-node.ts';

runReplicaProcess((world) => hostNode(world));

/** The entry of a replica process under measurement. */
import { StageMeter } from '../../runtime/meter.ts';
import { runReplicaProcess } from '../child-main.ts';
import { measuredNode } from './measured-node.ts';

const meter = new StageMeter();
runReplicaProcess((world) => measuredNode(world, meter), meter);

/** The entry of a replica process under measurement that serves clients over HTTP. */
import { StageMeter } from '../../runtime/meter.ts';
import { runReplicaProcess } from '../child-main.ts';
import { nodeWithDoor } from './door.ts';

const meter = new StageMeter();
runReplicaProcess((world) => nodeWithDoor(world, meter), meter);

/**
 * The entry of a replica process under measurement: the same node, which tells what it spent when
 * asked, and else nothing.
 */
import { StageMeter } from '../../runtime/meter.ts';
import type { Observer } from '../../runtime/observer.ts';
import { runReplicaProcess } from '../child-main.ts';
import { hostNode } from '../hosted-node.ts';
import type { MeterReading } from '../protocol.ts';
import type { Hosted, HostedWorld } from '../replica-host.ts';
import { threadTimes } from './thread-times.ts';

const meter = new StageMeter();

function makeMeasured(world: HostedWorld): Hosted {
  const executed = { batches: 0, operations: 0 };
  const observer: Observer = {
    onExecuted({ operations }) {
      executed.batches += operations.length > 0 ? 1 : 0;
      executed.operations += operations.length;
    },
    onJournalError: (error, nowMs) => world.observer.onJournalError?.(error, nowMs),
  };
  const read = (): MeterReading => {
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    const activeMs = performance.eventLoopUtilization().active;
    return { cpuMs, threadsMs: threadTimes(), activeMs, stagesMs: meter.read(), ...executed };
  };
  return { ...hostNode(world, { observer, meter }), read };
}

runReplicaProcess(makeMeasured, meter);

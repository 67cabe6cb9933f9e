import type { StageMeter } from '../../runtime/meter.ts';
import type { Observer } from '../../runtime/observer.ts';
import { tellAll } from '../../runtime/observers.ts';
import { type HostedNode, hostNode } from '../hosted-node.ts';
import type { MeterReading } from '../protocol.ts';
import type { HostedWorld } from '../replica-host.ts';
import { threadTimes } from './thread-times.ts';

/** The node of a run, which tells what it spent when asked; what it does is for `observers`. */
export function measuredNode(
  world: HostedWorld,
  meter: StageMeter,
  observers: readonly Observer[] = [],
): HostedNode {
  const executed = { batches: 0, operations: 0 };
  const counter: Observer = {
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
  const observer = observers.length === 0 ? counter : tellAll([counter, ...observers]);
  return { ...hostNode(world, { observer, meter }), read };
}

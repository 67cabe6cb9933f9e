import { tuneEngine } from '../runtime/engine-settings.ts';
import type { Meter } from '../runtime/meter.ts';
import { useSodium } from '../runtime/sodium-engine.ts';
import type { Command, Report } from './protocol.ts';
import { type Hosted, type HostedWorld, ReplicaHost } from './replica-host.ts';

/**
 * Makes this process a replica: commands come from the parent, reports go to it, and without the
 * parent the process ends. Ctrl-C and the end of a terminal reach the whole group, so these signals
 * are left to the parent, which stops its replicas in order. `meter`: told where its time goes.
 */
export function runReplicaProcess(makeHosted: (world: HostedWorld) => Hosted, meter?: Meter): void {
  tuneEngine();
  useSodium();
  const post = (report: Report, sent?: () => void) => {
    if (process.connected) process.send?.(report, undefined, undefined, () => sent?.());
    else sent?.();
  };
  const host = new ReplicaHost(post, makeHosted, meter);
  const fail = (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    post({ type: 'failed', error: text }, () => process.exit(1));
  };
  const stop = () => host.stop().then(() => post({ type: 'stopped' }, () => process.exit()), fail);
  // One command after the other: the next is obeyed when the one before is done.
  let queue = Promise.resolve();
  process.on('message', (command: Command) => {
    queue = queue.then(() => (command.type === 'stop' ? stop() : host.obey(command))).catch(fail);
  });
  process.on('disconnect', () => {
    void host.removeData().finally(() => process.exit());
  });
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', stop);
}

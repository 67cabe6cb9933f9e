import { flushCompileCache } from 'node:module';
import { tuneEngine } from '../runtime/engine-settings.ts';
import { useSodium } from '../runtime/sodium-engine.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import type { Command, Report, Running } from './child-protocol.ts';
import { stopTimeoutMs } from './limits.ts';
import type { LiveSettled } from './live.ts';
import { DaemonRefusal } from './refusal.ts';
import { SettledReports } from './settled-reports.ts';

/**
 * Makes this process one of a cluster: commands come from the parent, reports go to it, and without
 * the parent it stops. Ctrl-C and the end of a terminal reach the whole group, so these signals are
 * left to the parent, which stops its processes in order; SIGTERM is meant for this one alone.
 */
export function runChildProcess<Config, Up>(
  start: (config: Config, settled: (settled: LiveSettled) => void) => Promise<Running<Up>>,
): void {
  tuneEngine();
  useSodium();
  let running: Running<Up> | null = null;
  let stopping = false;
  const post = (report: Report<Up>, sent: () => void = () => undefined) => {
    if (process.connected) process.send?.(report, undefined, undefined, () => sent());
    else sent();
  };
  const reports = new SettledReports(systemTimers, (settled) => post({ type: 'settled', settled }));
  const fail = (error: unknown) => {
    if (error instanceof DaemonRefusal) {
      const { code, message } = error;
      post({ type: 'refused', code, message }, () => process.exit(1));
      return;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`, () => process.exit(1));
  };
  const begin = async (config: Config) => {
    running = await start(config, reports.add);
    void running.spent?.then(stop);
    post({ type: 'up', up: running.up });
    flushCompileCache(); // now, for a process that is killed leaves none
  };
  const drain = async () => {
    await running?.drain();
    post({ type: 'drained' });
  };
  // One command after the other: the next is obeyed when the one before is done.
  let queue = Promise.resolve();
  const stop = () => {
    if (stopping) return;
    stopping = true;
    // What hangs must not keep a process for ever whose parent may be gone.
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    queue = queue
      .then(() => running?.stop())
      .then(() => process.exit())
      .catch(fail);
  };
  process.on('message', (command: Command<Config>) => {
    if (command.type === 'stop') return stop();
    if (command.type === 'cutOff') return running?.cutOff?.(command.replicas);
    queue = queue
      .then(() => (command.type === 'start' ? begin(command.config) : drain()))
      .catch(fail);
  });
  process.on('disconnect', stop);
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // A limit on the size of files is an error of the write that meets it, like a full disk.
  process.on('SIGXFSZ', () => undefined);
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', stop);
}

import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';

/** Whether somebody asked the command to stop, and the exit code that says so. */
export interface Interruption {
  readonly signal: AbortSignal;
  readonly exitCode: ExitCode | null;
  /** Gives the signals back to the process. */
  release(): void;
}

/** Ctrl-C reaches a process from the terminal, and again from a launcher or npm in front of it. */
const sameSignalMs = 500;

/**
 * The first SIGINT, SIGTERM or SIGHUP asks the run to end cleanly, a second one ends the process
 * there and then. `notify` is called at the first.
 */
export function catchSignals(notify: () => void): Interruption {
  const controller = new AbortController();
  let exitCode: ExitCode | null = null;
  let firstAtMs = 0;
  const stop = (code: ExitCode) => () => {
    if (exitCode !== null) {
      if (performance.now() - firstAtMs > sameSignalMs) process.exit(code);
      return;
    }
    exitCode = code;
    firstAtMs = performance.now();
    notify();
    controller.abort();
  };
  const onInterrupt = stop(exitCodes.interrupted);
  const onTerminate = stop(exitCodes.terminated);
  const onHangUp = stop(exitCodes.hungUp);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onHangUp);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', onHangUp);
    },
  };
}

/** Resolves when the command is asked to stop. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

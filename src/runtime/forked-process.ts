import { type ChildProcess, fork } from 'node:child_process';
import { overridesIn } from './engine-settings.ts';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last the process wrote to its error output. */
  readonly errorOutput: string;
}

export interface ProcessListener<Report> {
  onReport(report: Report): void;
  /** The process is gone. Nothing follows. */
  onExit(exit: ProcessExit): void;
}

export interface ForkOptions {
  /** A process that was asked to stop and has not by then is killed. */
  readonly stopTimeoutMs: number;
  /** How much of the end of its error output is kept. */
  readonly maxErrorOutputBytes: number;
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A process of this program as its parent sees it: told what to do and heard over an IPC channel,
 * which both sides notice when the other is gone.
 */
export class ForkedProcess<Command extends { readonly type: string }, Report> {
  /** Resolves when the process is gone; never rejects. */
  readonly gone: Promise<ProcessExit>;
  private readonly child: ChildProcess;
  private readonly options: ForkOptions;
  private errorOutput = '';
  private exited = false;

  /** Starts `entry` (a file of this program) with the Node that runs this one. */
  constructor(entry: URL, listener: ProcessListener<Report>, options: ForkOptions) {
    this.options = options;
    this.child = fork(entry, [], {
      execArgv: [...overridesIn(process.execArgv)],
      env: { ...process.env, ...options.environment },
      // Structured clones: byte arrays and maps arrive as what they are.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errorOutput = (this.errorOutput + text).slice(-options.maxErrorOutputBytes);
    });
    this.child.on('message', (message) => listener.onReport(message as Report));
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    this.gone = promise;
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      if (this.exited) return;
      this.exited = true;
      const exit = { code, signal, errorOutput: this.errorOutput };
      resolve(exit);
      listener.onExit(exit);
    };
    // `close` comes after the last of the error output; `error` alone if nothing was started.
    this.child.on('close', ended);
    this.child.on('error', (error) => {
      this.errorOutput += String(error);
      if (this.child.pid === undefined) ended(null, null);
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** A process that is going away hears nothing any more: that is no error here. */
  send(command: Command): void {
    if (!this.child.connected) return;
    this.child.send(command, (error) => {
      if (error !== null) this.errorOutput += `\nnot delivered: ${command.type}: ${error.message}`;
    });
  }

  /** SIGKILL: as a crash would. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Tells it `command`, which asks it to stop, then makes it. Resolves when it is gone. */
  async stop(command: Command): Promise<ProcessExit> {
    this.send(command);
    const timer = setTimeout(() => this.kill(), this.options.stopTimeoutMs);
    try {
      return await this.gone;
    } finally {
      clearTimeout(timer);
    }
  }
}

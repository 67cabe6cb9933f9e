import { type ChildProcess, fork } from 'node:child_process';
import { maxErrorOutputBytes, stopTimeoutMs } from './limits.ts';
import type { Command, Report } from './protocol.ts';

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last the process wrote to its error output. */
  readonly errorOutput: string;
}

export interface ChildListener {
  onReport(report: Report): void;
  /** The process is gone. Nothing follows. */
  onExit(exit: ChildExit): void;
}

/** One replica's process, as its parent sees it. */
export class ReplicaChild {
  /** Resolves when the process is gone; never rejects. */
  readonly gone: Promise<ChildExit>;
  private readonly child: ChildProcess;
  private errorOutput = '';
  private exited = false;

  /** Starts `entry` (a file of this program) with the Node that runs this one. */
  constructor(entry: URL, listener: ChildListener) {
    this.child = fork(entry, [], {
      execArgv: [],
      // Structured clones: byte arrays and maps arrive as what they are.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errorOutput = (this.errorOutput + text).slice(-maxErrorOutputBytes);
    });
    this.child.on('message', (message) => listener.onReport(message as Report));
    const { promise, resolve } = Promise.withResolvers<ChildExit>();
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

  /** Asks it to stop, then makes it. Resolves when it is gone. */
  async stop(): Promise<ChildExit> {
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill(), stopTimeoutMs);
    try {
      return await this.gone;
    } finally {
      clearTimeout(timer);
    }
  }
}

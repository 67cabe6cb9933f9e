import { ForkedProcess, type ProcessExit } from '../../runtime/forked-process.ts';
import { maxErrorOutputBytes, stopTimeoutMs } from '../limits.ts';
import type { LoadCommand, LoadReport } from './load-protocol.ts';

type ReportOf<T extends LoadReport['type']> = Extract<LoadReport, { type: T }>;

interface Waiter {
  readonly type: LoadReport['type'];
  readonly resolve: (report: never) => void;
  readonly reject: (error: Error) => void;
}

/** The load process, as its parent sees it. */
export class LoadChild {
  private readonly child: ForkedProcess<LoadCommand, LoadReport>;
  private readonly onProgress: (progress: ReportOf<'progress'>) => void;
  private readonly waiting: Waiter[] = [];
  private failure: Error | null = null;

  constructor(onProgress: (progress: ReportOf<'progress'>) => void) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const entry = new URL(`./load-process.${extension}`, import.meta.url);
    this.onProgress = onProgress;
    const listener = {
      onReport: (report: LoadReport) => this.onReport(report),
      onExit: (exit: ProcessExit) => this.onExit(exit),
    };
    this.child = new ForkedProcess(entry, listener, { stopTimeoutMs, maxErrorOutputBytes });
  }

  send(command: LoadCommand): void {
    this.child.send(command);
  }

  /** Sends `command` and waits for the report that answers it. */
  ask<T extends LoadReport['type']>(command: LoadCommand, type: T): Promise<ReportOf<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<ReportOf<T>>();
    if (this.failure !== null) reject(this.failure);
    else {
      this.waiting.push({ type, resolve, reject });
      this.send(command);
    }
    return promise;
  }

  /** Asks it to end, then makes it. Resolves when it is gone. */
  async stop(): Promise<void> {
    await this.child.stop({ type: 'stop' });
  }

  private onReport(report: LoadReport): void {
    if (report.type === 'progress') return this.onProgress(report);
    if (report.type === 'failed') return this.fail(new Error(report.error));
    const at = this.waiting.findIndex(({ type }) => type === report.type);
    const [waiter] = at < 0 ? [] : this.waiting.splice(at, 1);
    waiter?.resolve(report as never);
  }

  private onExit({ code, signal, errorOutput }: ProcessExit): void {
    const how = signal ?? `exit code ${code}`;
    this.fail(new Error(`the load process is gone: ${how} ${errorOutput.trim()}`));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

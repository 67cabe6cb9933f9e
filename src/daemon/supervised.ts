import type { Logger } from 'pino';
import { ForkedProcess, type ProcessExit } from '../runtime/forked-process.ts';
import { Backoff } from '../runtime/redial.ts';
import type { Command, Report } from './child-protocol.ts';
import {
  killTimeoutMs,
  maxErrorOutputBytes,
  maxFirstAttempts,
  maxRestartMs,
  minRestartMs,
  settledMs,
  startTimeoutMs,
} from './limits.ts';
import type { LiveSettled } from './live.ts';
import { DaemonRefusal } from './refusal.ts';

export interface SupervisedOptions<Config> {
  /** In messages: `node 2`. */
  readonly name: string;
  /** The program of the process. */
  readonly entry: URL;
  readonly config: Config;
  /** Where compiled code is kept: a process that is started again is up in half the time. */
  readonly cacheDirectory?: string;
  readonly log: Logger;
  /** Told when it is gone unasked, and when it is up again. */
  readonly onNotice: (text: string) => void;
  /** Told each time it is up. */
  readonly onUp?: () => void;
  readonly onSettled?: (settled: LiveSettled) => void;
}

type Child<Config, Up> = ForkedProcess<Command<Config>, Report<Up>>;

/**
 * One process that is kept running: whatever ends it, it is started again, after a wait that
 * doubles up to a bound. A process that never came up is given up after some attempts, or at once
 * when it says why it cannot start.
 */
export class Supervised<Config, Up> {
  private readonly options: SupervisedOptions<Config>;
  private readonly backoff = new Backoff(minRestartMs, maxRestartMs, Math.random);
  private readonly first = Promise.withResolvers<Up>();
  private child: Child<Config, Up> | null = null;
  private up: Up | null = null;
  private upSinceMs = 0;
  private everUp = false;
  private attempts = 0;
  private stopping = false;
  private refusal: DaemonRefusal | null = null;
  private restartTimer: NodeJS.Timeout | null = null;
  private startTimer: NodeJS.Timeout | null = null;
  private onDrained: () => void = () => undefined;

  constructor(options: SupervisedOptions<Config>) {
    this.options = options;
    this.first.promise.catch(() => undefined); // nobody waits for what is never started
  }

  /** Starts it. Resolves when it is up for the first time; rejects when it is given up. */
  start(): Promise<Up> {
    this.spawn();
    return this.first.promise;
  }

  /** Of the process that runs now. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  get name(): string {
    return this.options.name;
  }

  get isUp(): boolean {
    return this.up !== null;
  }

  /** Fault injection: it sends nothing to these replicas from now on. */
  cutOff(replicas: readonly number[]): void {
    this.child?.send({ type: 'cutOff', replicas });
  }

  /** It takes nothing new and has answered what it had begun; a process that is gone has, too. */
  async drain(): Promise<void> {
    this.endSupervision();
    const { child } = this;
    if (child === null || this.up === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.onDrained = resolve;
    child.send({ type: 'drain' });
    const timer = setTimeout(resolve, killTimeoutMs);
    await Promise.race([promise, child.gone]);
    clearTimeout(timer);
  }

  /**
   * No process of it is left when this resolves, and none is started any more. One that is not up
   * yet has begun nothing to end, and hears nothing while it starts: it goes as in a crash.
   */
  async stop(): Promise<void> {
    this.endSupervision();
    if (this.up === null) this.child?.kill();
    await this.child?.stop({ type: 'stop' });
    this.first.reject(new Error(`${this.options.name} was stopped`)); // if it was never up
  }

  private endSupervision(): void {
    this.stopping = true;
    clearTimeout(this.restartTimer ?? undefined);
  }

  private spawn(): void {
    const { entry, config, name, log, cacheDirectory } = this.options;
    this.attempts++;
    this.refusal = null;
    const limits = {
      stopTimeoutMs: killTimeoutMs,
      maxErrorOutputBytes,
      ...(cacheDirectory && { environment: { NODE_COMPILE_CACHE: cacheDirectory } }),
    };
    const child: Child<Config, Up> = new ForkedProcess(
      entry,
      {
        onReport: (report: Report<Up>) => this.onReport(report),
        onExit: (exit) => this.onExit(exit),
      },
      limits,
    );
    this.child = child;
    child.send({ type: 'start', config });
    this.startTimer = setTimeout(() => child.kill(), startTimeoutMs);
    log.info({ name, pid: child.pid }, 'process started');
  }

  private onReport(report: Report<Up>): void {
    switch (report.type) {
      case 'up':
        clearTimeout(this.startTimer ?? undefined);
        this.up = report.up;
        this.upSinceMs = performance.now();
        if (this.everUp) this.notice(`${this.options.name} is up again (pid ${this.pid})`);
        this.everUp = true;
        this.first.resolve(report.up);
        this.options.onUp?.();
        return;
      case 'settled':
        for (const settled of report.settled) this.options.onSettled?.(settled);
        return;
      case 'refused':
        this.refusal = new DaemonRefusal(report.code, report.message);
        return;
      case 'drained':
        this.onDrained();
    }
  }

  private onExit(exit: ProcessExit): void {
    clearTimeout(this.startTimer ?? undefined);
    const settled = this.up !== null && performance.now() - this.upSinceMs >= settledMs;
    this.child = null;
    this.up = null;
    if (this.stopping) return this.first.reject(this.failure(exit));
    const givenUp = this.refusal !== null || this.attempts >= maxFirstAttempts;
    if (!this.everUp && givenUp) return this.first.reject(this.failure(exit));
    if (settled) this.backoff.reset();
    const delayMs = Math.round(this.backoff.nextDelayMs());
    const why = this.refusal?.message ?? describeExit(exit);
    this.notice(`${this.options.name} ended (${why}); it is started again in ${delayMs} ms`);
    this.restartTimer = setTimeout(() => this.spawn(), delayMs);
  }

  private failure(exit: ProcessExit): Error {
    return this.refusal ?? new Error(`${this.options.name} ended: ${describeExit(exit)}`);
  }

  private notice(text: string): void {
    this.options.log.warn(text);
    this.options.onNotice(text);
  }
}

function describeExit({ code, signal, errorOutput }: ProcessExit): string {
  const how = signal ?? `exit code ${code}`;
  const said = errorOutput.trim();
  return said === '' ? how : `${how}: ${said}`;
}

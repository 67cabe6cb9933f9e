import { type StaticFinding, type StaticVerdict, verdictFrom } from '../ledger/static-check.ts';
import { type Meter, noMeter, within } from './meter.ts';
import {
  type CheckThread,
  type StartCheckThread,
  startCheckThread,
} from './static-check-thread.ts';
import type { CheckEnvironment } from './static-check-worker.ts';
import type { StaticChecks } from './static-checks.ts';

/** Operations that wait or are under check; beyond it they are checked at execution. */
const maxWaiting = 8192;
const maxWaitingBytes = 32 * 1024 * 1024;
/** Operations handed to a thread at once: some ten milliseconds of its time. */
const operationsPerPost = 32;

export interface StaticCheckPoolOptions {
  readonly environment: CheckEnvironment;
  /** At least 1; started when the first operation comes. */
  readonly threads: number;
  /** A thread ended by itself. What it had is checked at execution. */
  readonly onFailure: (error: Error) => void;
  /** Told where this thread's time goes, and by `onSpent` what the others spend. */
  readonly meter?: Meter;
  /** Milliseconds that a check thread spent on operations. */
  readonly onSpent?: (ms: number) => void;
  /** For tests; by default a worker thread. */
  readonly startThread?: StartCheckThread;
}

interface Job {
  readonly operation: Uint8Array;
  readonly done: (verdict: StaticVerdict) => void;
}

interface Member {
  readonly thread: CheckThread;
  /** Posts without an answer, oldest first: a thread answers in the order it is asked. */
  readonly posts: (readonly Job[])[];
}

/** {@link StaticChecks} on worker threads. */
export class StaticCheckPool implements StaticChecks {
  private readonly options: StaticCheckPoolOptions;
  private readonly members: Member[] = [];
  private queue: Job[] = [];
  private scheduled = false;
  private started = false;
  private stopped = false;
  /** Operations taken and not answered yet, and their bytes. */
  private waiting = 0;
  private waitingBytes = 0;

  constructor(options: StaticCheckPoolOptions) {
    this.options = options;
  }

  check(operation: Uint8Array, done: Job['done']): boolean {
    if (this.stopped || (this.started && this.members.length === 0)) return false;
    const tooManyBytes = this.waitingBytes + operation.length > maxWaitingBytes;
    if (this.waiting >= maxWaiting || tooManyBytes) return false;
    this.waiting++;
    this.waitingBytes += operation.length;
    this.queue.push({ operation, done });
    if (!this.scheduled) {
      this.scheduled = true;
      // Everything that arrives in one turn leaves in few posts.
      setImmediate(() => this.flush());
    }
    return true;
  }

  /** Ends the threads; nothing is answered any more. */
  stop(): void {
    this.stopped = true;
    this.queue = [];
    for (const { thread } of this.members.splice(0)) thread.stop();
  }

  private flush(): void {
    this.scheduled = false;
    if (this.stopped) return;
    if (!this.started) this.start();
    const jobs = this.queue;
    this.queue = [];
    for (let at = 0; at < jobs.length; at += operationsPerPost) {
      this.post(jobs.slice(at, at + operationsPerPost));
    }
  }

  private start(): void {
    this.started = true;
    const { environment, threads, startThread = startCheckThread } = this.options;
    for (let i = 0; i < threads; i++) {
      const posts: Member['posts'] = [];
      const thread = startThread(environment, {
        onFindings: (findings, spentMs = 0) => {
          this.options.onSpent?.(spentMs);
          this.answered(posts.shift() ?? [], findings);
        },
        onEnd: (error) => this.lost(member, error),
      });
      const member: Member = { thread, posts };
      this.members.push(member);
    }
  }

  private post(jobs: readonly Job[]): void {
    const [first] = this.members;
    if (first === undefined) return this.forget(jobs);
    const idlest = this.members.reduce((a, b) => (b.posts.length < a.posts.length ? b : a), first);
    idlest.posts.push(jobs);
    idlest.thread.post(jobs.map(({ operation }) => operation));
  }

  private answered(jobs: readonly Job[], findings: readonly (StaticFinding | null)[]): void {
    this.forget(jobs);
    if (this.stopped) return;
    const { meter = noMeter } = this.options;
    jobs.forEach(({ operation, done }, i) => {
      const finding = findings[i] ?? null;
      done(within(meter, 'proofs', () => verdictFrom(operation, finding)));
    });
  }

  private lost(member: Member, error: Error): void {
    if (this.stopped) return;
    this.members.splice(this.members.indexOf(member), 1);
    for (const jobs of member.posts.splice(0)) this.forget(jobs);
    this.options.onFailure(error);
  }

  private forget(jobs: readonly Job[]): void {
    this.waiting -= jobs.length;
    for (const { operation } of jobs) this.waitingBytes -= operation.length;
  }
}

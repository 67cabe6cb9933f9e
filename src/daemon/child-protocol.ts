import type { LiveSettled } from './live.ts';
import type { DaemonRefusalCode } from './refusal.ts';

/** What the parent and a process of the cluster say to each other over the IPC channel. */
export type Command<Config> =
  | { readonly type: 'start'; readonly config: Config }
  /** Take nothing new, answer what was begun; then say `drained`. */
  | { readonly type: 'drain' }
  /** Fault injection: from now on send nothing to these replicas. */
  | { readonly type: 'cutOff'; readonly replicas: readonly number[] }
  | { readonly type: 'stop' };

export type Report<Up> =
  | { readonly type: 'up'; readonly up: Up }
  /** It does not start, for a reason that its operator can mend. */
  | { readonly type: 'refused'; readonly code: DaemonRefusalCode; readonly message: string }
  | { readonly type: 'drained' }
  /** Requests that TrustChain has answered; for who watches. */
  | { readonly type: 'settled'; readonly settled: readonly LiveSettled[] };

/** What runs inside such a process. */
export interface Running<Up> {
  /** What the parent is told once it runs. */
  readonly up: Up;
  /** Resolves when it should be started anew, because it cannot heal otherwise. */
  readonly spent?: Promise<void>;
  /** Where faults can be injected. */
  cutOff?(replicas: readonly number[]): void;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

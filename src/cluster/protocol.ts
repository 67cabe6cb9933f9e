import type { Genesis } from '../ledger/genesis.ts';
import type { ReadmissionVote } from '../node/readmission.ts';
import type { StageTimes } from '../runtime/meter.ts';
import type { Address } from '../runtime/ports.ts';
import type { Deployment } from '../scenario/deployment.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import type { ThreadTimes } from './bench/thread-times.ts';
import type { WireNote } from './wire-tap.ts';

/** What the parent and the replica processes say to each other over the IPC channel. */

/** All that a replica process is told about itself. It learns no key but its own. */
export interface ReplicaConfig {
  readonly scenario: Scenario;
  readonly deployment: Deployment;
  readonly genesis: Genesis;
  readonly replica: number;
  /** Secret of this replica's key, 32 bytes. */
  readonly seed: Uint8Array;
  /** Directory of its own; removed by the parent, or by itself when the parent is gone. */
  readonly dataDirectory: string;
  /** It ran before: an empty journal then means a lost disk. */
  readonly ranBefore: boolean;
  /** Tell of every frame too. */
  readonly tap: boolean;
}

export type Command =
  | { readonly type: 'configure'; readonly config: ReplicaConfig }
  /** Where the others listen now. */
  | { readonly type: 'peers'; readonly multiaddrs: ReadonlyMap<Address, string> }
  /** Begin. `startMs`: start of the run, milliseconds since 1970. */
  | { readonly type: 'go'; readonly startMs: number }
  | { readonly type: 'cutOff'; readonly addresses: readonly Address[] }
  | { readonly type: 'linkLoss'; readonly to: Address; readonly loss: number }
  | { readonly type: 'clockOffset'; readonly offsetMs: number }
  /** Your operator lets you sign that this isolated process may come back. */
  | { readonly type: 'voteForReadmission'; readonly process: number }
  /** Tell what you have spent so far. */
  | { readonly type: 'read' }
  | { readonly type: 'stop' };

export type Report =
  /** `damaged`: why what it found in its journal is not to be trusted, and was moved aside. */
  | { readonly type: 'listening'; readonly multiaddr: string; readonly damaged: string | null }
  /** It has a link to every other replica. */
  | { readonly type: 'connected' }
  /** The node is up: recovered from its journal and taking part. `url`: where it serves HTTP. */
  | { readonly type: 'ready'; readonly url: string | null }
  | {
      readonly type: 'progress';
      readonly events: readonly RunEvent[];
      readonly notes: readonly WireNote[];
      readonly counters: LinkCounters;
    }
  | { readonly type: 'readmissionVote'; readonly vote: ReadmissionVote | null }
  | { readonly type: 'reading'; readonly reading: MeterReading }
  /** It cannot go on: did not start, or lost its journal. */
  | { readonly type: 'failed'; readonly error: string }
  /** The last report: everything is told, the process ends. */
  | { readonly type: 'stopped' };

/** What one replica process spent since it began. */
export interface MeterReading {
  /** CPU time of all its threads, in user and kernel mode. */
  readonly cpuMs: number;
  /** The same, by kind of thread. */
  readonly threadsMs: ThreadTimes;
  /** By the wall, in each stage. */
  readonly stagesMs: StageTimes;
  /** By the wall, that its event loop was not idle. */
  readonly activeMs: number;
  /** Batches executed, and operations in them. */
  readonly batches: number;
  readonly operations: number;
}

/** Of one process, since it began. */
export interface LinkCounters {
  readonly sent: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly bytesSent: number;
}

export const noCounters: LinkCounters = { sent: 0, delivered: 0, dropped: 0, bytesSent: 0 };

export function addCounters(a: LinkCounters, b: LinkCounters): LinkCounters {
  return {
    sent: a.sent + b.sent,
    delivered: a.delivered + b.delivered,
    dropped: a.dropped + b.dropped,
    bytesSent: a.bytesSent + b.bytesSent,
  };
}

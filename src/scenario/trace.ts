import type { Digest } from '../base/digest.ts';
import type { Standing } from '../faults/standing.ts';
import type { Accusation, RequestRecord, Violation } from './result.ts';

/**
 * What a run tells its readers (collector, checkers, reports, trace files). Plain JSON. `atMs`
 * counts from the start of the run, virtual or real.
 */
export type RunEvent =
  /** One message on one link. `deliveredAtMs` is null when the network lost it. */
  | {
      readonly type: 'message';
      readonly atMs: number;
      readonly deliveredAtMs: number | null;
      readonly from: string;
      readonly to: string;
      readonly kind: string;
      readonly sizeBytes: number;
      readonly fields: Readonly<Record<string, string | number>>;
    }
  | {
      readonly type: 'view';
      readonly atMs: number;
      readonly replica: number;
      readonly view: number;
      /** False when the replica leaves for `view`, true when it enters it. */
      readonly active: boolean;
    }
  | {
      readonly type: 'decided';
      readonly atMs: number;
      readonly replica: number;
      readonly view: number;
      readonly sequence: number;
      readonly batchDigest: Digest;
      readonly timestamp: number;
      readonly operations: readonly Digest[];
    }
  | {
      readonly type: 'executed';
      readonly atMs: number;
      readonly replica: number;
      readonly sequence: number;
      readonly resultsRoot: Digest;
      readonly stateDigest: Digest;
    }
  /** The replica holds the certified state of `sequence` without having run up to it: after a state
   * transfer, or from its disk after a restart. */
  | {
      readonly type: 'installed';
      readonly atMs: number;
      readonly replica: number;
      readonly sequence: number;
      readonly stateDigest: Digest;
    }
  | {
      readonly type: 'stable';
      readonly atMs: number;
      readonly replica: number;
      readonly sequence: number;
    }
  | {
      readonly type: 'accused';
      readonly atMs: number;
      readonly replica: number;
      readonly accusation: Accusation;
    }
  /** The replica's state says that these processes were convicted, now or in an earlier epoch. */
  | {
      readonly type: 'isolated';
      readonly atMs: number;
      readonly replica: number;
      readonly isolated: readonly number[];
    }
  /** The replica begins with a membership epoch above 0, or comes back in it. */
  | {
      readonly type: 'epoch';
      readonly atMs: number;
      readonly replica: number;
      readonly epoch: number;
      /** The last sequence of the epoch before. */
      readonly after: number;
      /** Processes that vote, by their index in the epoch. */
      readonly members: readonly number[];
    }
  | {
      readonly type: 'strike';
      readonly atMs: number;
      readonly replica: number;
      readonly against: number;
      readonly reason: string;
    }
  /** One replica's opinion of another changed. Local and reversible, unless it is `isolated`. */
  | {
      readonly type: 'standing';
      readonly atMs: number;
      readonly replica: number;
      readonly against: number;
      readonly from: Standing;
      readonly to: Standing;
    }
  /** One replica's opinion of a client changed: it reads a suspected one slowly, for a while. */
  | {
      readonly type: 'clientStanding';
      readonly atMs: number;
      readonly replica: number;
      readonly client: string;
      readonly to: 'trusted' | 'suspected';
    }
  | {
      readonly type: 'fault';
      readonly atMs: number;
      readonly what:
        | 'crash'
        | 'restart'
        | 'partition'
        | 'heal'
        | 'clock'
        | 'link'
        | 'disk'
        | 'adversary'
        | 'readmit';
      readonly replicas: readonly number[];
      readonly detail: string;
    }
  | { readonly type: 'request'; readonly atMs: number; readonly record: RequestRecord }
  | { readonly type: 'violation'; readonly atMs: number; readonly violation: Violation };

/**
 * What a report's page is given to draw: one run as plain JSON, small enough for 100,000 messages.
 * Times are whole microseconds since the start of the run. Columns of one table are equally long.
 */
export interface PackedRun {
  readonly endUs: number;
  readonly lanes: readonly Lane[];
  /** Kinds of messages, in the order of the protocol. */
  readonly kinds: readonly string[];
  readonly messages: MessageColumns;
  /** Names of fields, one list for each combination that occurs. */
  readonly fieldNames: readonly (readonly string[])[];
  /** What messages say: an index into `fieldNames`, then the values. A broadcast shares one. */
  readonly fieldSets: readonly (readonly (string | number)[])[];
  readonly marks: readonly PackedMark[];
  readonly bands: readonly Band[];
  readonly requests: readonly PackedRequest[];
}

/** A horizontal line of the diagram: somebody who sends and receives. */
export interface Lane {
  /** `replica-3`, `client-0`. */
  readonly name: string;
  /** Index of the replica; null for a client. */
  readonly replica: number | null;
  /** What it was told to do wrong, as in `equivocate`; empty for the honest. */
  readonly behaviour: string;
}

export interface MessageColumns {
  /** Since the message before; the first since 0. */
  readonly afterUs: readonly number[];
  /** From sending to delivery; -1: lost. */
  readonly flightUs: readonly number[];
  /** Indices of lanes. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Index into `kinds`. */
  readonly kind: readonly number[];
  readonly sizeBytes: readonly number[];
  /** Index into `fieldSets`. */
  readonly fields: readonly number[];
}

export const markTypes = [
  'decided',
  'stable',
  'installed',
  'accused',
  'strike',
  'standing',
  'isolated',
  'epoch',
  'clock',
  'crash',
  'restart',
  'issued',
  'rejected',
  'pending',
  'violation',
  'view',
] as const;
export type MarkType = (typeof markTypes)[number];

/** Time, lane (-1: all of them), index into {@link markTypes}, words. */
export type PackedMark = readonly [number, number, number, string];

export const bandTypes = ['partition', 'down', 'adversary', 'viewChange', 'link'] as const;
export type BandType = (typeof bandTypes)[number];

/** A stretch of time in which something holds on one lane. */
export interface Band {
  readonly type: BandType;
  readonly lane: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly label: string;
  /** Of a partition: on which side the lane is, from 0; else 0. */
  readonly side: number;
}

export interface PackedRequest {
  readonly name: string;
  readonly client: number;
  readonly outcome: 'issued' | 'rejected' | 'pending';
  readonly broken: string | null;
  readonly serial: string | null;
  readonly sequence: number | null;
  readonly latencyMs: number | null;
  /** When it was answered; null: never, or not told. */
  readonly answeredMs: number | null;
  /** The proofs that failed, each with what was found and what was wanted. */
  readonly failures: readonly {
    readonly proof: string;
    readonly reason: string;
    readonly measured: string;
    readonly required: string;
  }[];
}

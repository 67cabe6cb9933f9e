/**
 * What the live page of a cluster shows: one picture of the present, sent several times a second,
 * and what happened, each thing once. Plain JSON, for a page is on the other side.
 */
export interface LivePicture {
  /** Milliseconds since 1970 on the cluster's machine. */
  readonly atMs: number;
  readonly cluster: {
    readonly id: string;
    readonly n: number;
    readonly f: number;
    readonly quorum: number;
    readonly profile: string;
    /** Base URL of TrustChain; null while it is down. */
    readonly trustchain: string | null;
    /** True where the page may inject faults. */
    readonly chaos: boolean;
  };
  readonly replicas: readonly LiveReplica[];
  readonly certificates: LiveCounts;
}

export interface LiveReplica {
  readonly replica: number;
  readonly url: string | null;
  readonly pid: number | null;
  /** Of its process. `frozen`: stopped by a signal, or too busy to say anything for a while. */
  readonly state: 'up' | 'down' | 'frozen' | 'starting';
  /** The last it said of itself; null before the first word. */
  readonly said: LiveWord | null;
  /** Replicas that the page's buttons cut it off from. */
  readonly cutOff: readonly number[];
}

/** What a replica says of itself. */
export interface LiveWord {
  readonly view: number;
  readonly isPrimary: boolean;
  /** Last executed. */
  readonly sequence: number;
  readonly stableCheckpoint: number;
  readonly standing: 'trusted' | 'suspected' | 'isolated' | 'recovering';
  /** Other replicas it has a link to. */
  readonly reachable: number;
  /** Why it is not healthy; empty when it is. */
  readonly problems: readonly string[];
}

export interface LiveCounts {
  readonly issued: number;
  readonly refused: number;
  readonly pending: number;
  /** Of the last answers; null before the first. */
  readonly latencyMs: { readonly p50: number; readonly p90: number; readonly max: number } | null;
}

/** A request that TrustChain has answered. */
export interface LiveSettled {
  readonly kind: 'issued' | 'refused';
  readonly text: string;
  readonly serial: string | null;
  readonly latencyMs: number;
}

export type LiveKind =
  | 'issued'
  | 'refused'
  | 'revoked'
  | 'viewChange'
  | 'evidence'
  | 'isolated'
  | 'process'
  | 'fault'
  | 'healed';

export interface LiveEvent {
  /** Grows by one; a page that lost its connection asks for those it has not seen. */
  readonly id: number;
  readonly atMs: number;
  readonly kind: LiveKind;
  readonly replica: number | null;
  readonly text: string;
  /** Of a certificate, 32 hex digits: where the page links to. */
  readonly serial: string | null;
  /** From request to answer, for `issued` and `refused`. */
  readonly latencyMs: number | null;
}

/** A fault that the page asks for. Crashes and cuts heal by the opposite, or by themselves. */
export type ChaosOrder =
  | { readonly action: 'kill'; readonly replica: number }
  | { readonly action: 'freeze'; readonly replica: number }
  | { readonly action: 'thaw'; readonly replica: number }
  /** All links of this replica are cut, in both directions. */
  | { readonly action: 'isolateNetwork'; readonly replica: number }
  | { readonly action: 'heal' }
  /** One request through TrustChain, to see it go by. */
  | { readonly action: 'request' };

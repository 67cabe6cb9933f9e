import type { GenesisAccount, GenesisPlot } from '../../ledger/genesis.ts';
import type { Address } from '../../runtime/ports.ts';
import type { Deployment } from '../../scenario/deployment.ts';
import type { Asking, BenchPlan } from './plan.ts';
import type { Latencies } from './window.ts';

/** What the parent and the load process say to each other over the IPC channel, in this order. */
export type LoadCommand =
  /** Make keys and plots; answered by `prepared`. */
  | { readonly type: 'prepare'; readonly plan: BenchPlan; readonly startMs: number }
  /** Link up and learn the beacon; answered by `connected`. `doors`: where nodes serve HTTP. */
  | {
      readonly type: 'connect';
      readonly deployment: Deployment;
      readonly multiaddrs: ReadonlyMap<Address, string>;
      readonly doors: readonly string[];
    }
  /** Stop asking, let answers come, make operations until so many are there: `stocked`. */
  | { readonly type: 'stock'; readonly count: number }
  /** Begin to ask in this way, and no longer in the way before: the warm-up. */
  | { readonly type: 'go'; readonly asking: Asking }
  /** From here on it counts. */
  | { readonly type: 'open' }
  /** To here; answered by `measured` when what is due has been answered, or is late. */
  | { readonly type: 'close' }
  | { readonly type: 'stop' };

export type LoadReport =
  | {
      readonly type: 'prepared';
      readonly accounts: readonly GenesisAccount[];
      readonly plots: readonly GenesisPlot[];
    }
  | { readonly type: 'connected' }
  | { readonly type: 'stocked' }
  | { readonly type: 'progress'; readonly answered: number; readonly inFlight: number }
  | { readonly type: 'measured'; readonly measured: LoadMeasured }
  | { readonly type: 'failed'; readonly error: string };

/** What the clients saw of the window. */
export interface LoadMeasured {
  readonly windowMs: number;
  /** Answers that came in the window. */
  readonly answered: number;
  /** Those whose certificate was checked anew, and held. */
  readonly verified: number;
  /** By reason. */
  readonly errors: Readonly<Record<string, number>>;
  readonly latencyMs: Latencies;
  /** Answers in each tenth of a second of the window. */
  readonly answeredPerTenth: readonly number[];
  /** Longest time in the window without an answer. */
  readonly longestSilenceMs: number;
  /** Requests that had to be made inside the window, for want of stock. */
  readonly madeInWindow: number;
  /** Size of a request. */
  readonly requestBytes: number;
  /** CPU time of the load process in the window. */
  readonly cpuMs: number;
}

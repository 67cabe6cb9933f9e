import { limits as faultLimits } from '../../faults/limits.ts';
import { limits } from '../../pbft/limits.ts';
import type { Parameters } from '../../pbft/replica.ts';
import type { Cast, Checker, Finding } from './checker.ts';

/** Accusations by kind: one of each kind per replica, in this epoch's count. */
const evidenceKinds = 8;
/** Answers kept and requests waited for have bounds of their own, see the node's `replies.ts`. */
const keptAnswers = 8192;
const waitingRequests = 32_768;
/** Clients that a node has an opinion of. */
const { clients } = faultLimits;
/** Messages that wait for one sync of the disk. */
const waitingParcels = 8192;
/** Views in which a batch may have stood for each slot, before a checkpoint clears them all. */
const batchesPerSlot = 8;

/**
 * How much of each kind a replica may ever hold, whatever its peers send and however long it runs:
 * the log window and the number of replicas bound the protocol's part, limits the rest.
 */
export function holdingBounds(n: number, parameters: Parameters): Readonly<Record<string, number>> {
  const { logWindow, checkpointInterval, maxBatchOperations } = parameters;
  const checkpoints = (3 * logWindow) / checkpointInterval + 1;
  return {
    slots: logWindow,
    slotVotes: 2 * logWindow * n,
    aside: 3 * logWindow,
    batches: logWindow * batchesPerSlot,
    pending: limits.pendingRequests,
    accusations: limits.pendingRequests,
    unproposed: limits.pendingRequests,
    overdue: limits.pendingRequests,
    relayed: limits.pendingRequests,
    proposed: logWindow * maxBatchOperations,
    checkpointVotes: checkpoints * n,
    viewChanges: n,
    complaints: n,
    peers: limits.peers,
    resent: limits.peers,
    accused: n * evidenceKinds,
    inputs: limits.pendingRequests,
    parcels: waitingParcels,
    keptAnswers,
    waitingRequests,
    clients,
    // Accepted headers of every view, prepared and decided slots, the state in chunks, and a few.
    journal: logWindow * (batchesPerSlot + 2) + 1024,
  };
}

/**
 * Nothing that a correct replica keeps grows with the length of the run. Each of its structures is
 * counted now and then and held against a bound that follows from the parameters alone, so what
 * leaks is named.
 */
export class FlatMemoryChecker implements Checker {
  readonly name = 'flatMemory';
  private readonly bounds: Readonly<Record<string, number>>;
  /** The most seen of each, for who wants to know how far from its bound it stayed. */
  readonly peaks: Record<string, number> = {};

  constructor(cast: Cast, parameters: Parameters) {
    this.bounds = holdingBounds(cast.n, parameters);
  }

  onHoldings(replica: number, holdings: Readonly<Record<string, number>>): Finding | null {
    // Not by Object.entries: that makes a list of lists, for each replica and second.
    for (const structure in holdings) {
      const count = holdings[structure] as number;
      if (count > (this.peaks[structure] ?? 0)) this.peaks[structure] = count;
      const bound = this.bounds[structure];
      if (bound === undefined || count <= bound) continue;
      const detail = `replica ${replica} keeps ${count} ${structure}, at most ${bound} are needed`;
      return { sequence: null, replicas: [replica], detail };
    }
    return null;
  }
}

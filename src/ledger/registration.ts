import { equalBytes } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import { digestToBytes } from '../base/digest.ts';
import { plotRows } from '../proofs/plot-graph.ts';
import { type PlotRegistration, registeredPlot } from '../proofs/registration.ts';
import type { Beacon } from '../proofs/request.ts';
import { writeBeacon } from '../proofs/request-codec.ts';
import { own } from './account.ts';
import { type LedgerState, stateKeys } from './state.ts';

/** Parts of one registration that are in; another plot, or the same by another beacon, begins anew. */
interface Pending {
  /** What all parts must agree on: plot and beacon. */
  readonly commitment: Uint8Array;
  /** Bit r is set when the targets of row r held. */
  readonly rows: number;
}

const allRows = 2 ** plotRows - 1;

/**
 * Takes a registration whose openings hold, in one part or several. The plot stands for its node
 * once the targets of all rows were checked, all drawn by one beacon.
 */
export function registerPlot(
  state: LedgerState,
  nodeId: Uint8Array,
  beacon: Beacon,
  registration: PlotRegistration,
): void {
  const key = stateKeys.registration(nodeId);
  const commitment = commit(beacon, registration);
  const pending = read(state, key);
  const same = pending !== null && equalBytes(pending.commitment, commitment);
  let rows = same ? pending.rows : 0;
  const { from, to } = registration.targetRows;
  for (let row = from; row <= to; row++) rows |= 1 << row;
  if (rows !== allRows) {
    state.put(key, new Writer(40).fixed(commitment).u8(rows).finish());
    return;
  }
  if (pending !== null) state.delete(key);
  state.putPlot(nodeId, { ...registeredPlot(registration), attestedEpoch: beacon.epoch });
}

function commit(beacon: Beacon, registration: PlotRegistration): Uint8Array {
  const { labels, scaleFactor, rowRoots } = registration;
  const writer = new Writer(256);
  writeBeacon(writer, beacon);
  writer.u32(labels).u32(scaleFactor);
  for (const root of rowRoots) writer.digest(root);
  return digestToBytes('hypermesh/plot-parts', writer.finish());
}

function read(state: LedgerState, key: string): Pending | null {
  const value = state.get(key);
  if (value === null) return null;
  return own(value, (reader) => ({
    commitment: reader.fixed(32, 'commitment'),
    rows: reader.u8('rows'),
  }));
}

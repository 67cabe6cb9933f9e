import { equalBytes } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import { digestToBytes } from '../base/digest.ts';
import type { NetworkPosition } from '../proofs/network-position.ts';
import { plotRows } from '../proofs/plot-graph.ts';
import { type PlotRegistration, registeredPlot } from '../proofs/registration.ts';
import type { Beacon } from '../proofs/request.ts';
import { writeBeacon } from '../proofs/request-codec.ts';
import { own } from './account.ts';
import { type LedgerState, stateKeys } from './state.ts';

/** Parts of a registration that are in; another plot, or another beacon, begins anew. */
interface Pending {
  /** What all parts must agree on: plot and beacon. */
  readonly commitment: Uint8Array;
  /** Bit r is set when the targets of row r held. */
  readonly rows: number;
}

const allRows = 2 ** plotRows - 1;

/**
 * Takes a registration whose openings hold, in one part or several. The plot stands for its node
 * once the targets of all rows were checked, all drawn by one beacon. Returns why not, or null.
 */
export function registerPlot(
  state: LedgerState,
  nodeId: Uint8Array,
  beacon: Beacon,
  registration: PlotRegistration,
  position: NetworkPosition | null,
): string | null {
  const known = state.plot(nodeId)?.position ?? null;
  if (position !== null && known !== null && position.sequence < known.sequence) {
    return `position: sequence ${position.sequence}, ${known.sequence} is registered`;
  }
  const key = stateKeys.registration(nodeId);
  const commitment = commit(beacon, registration);
  const pending = read(state, key);
  const same = pending !== null && equalBytes(pending.commitment, commitment);
  let rows = same ? pending.rows : 0;
  const { from, to } = registration.targetRows;
  for (let row = from; row <= to; row++) rows |= 1 << row;
  if (rows !== allRows) {
    state.put(key, new Writer(40).fixed(commitment).u8(rows).finish());
    return null;
  }
  if (pending !== null) state.delete(key);
  state.putPlot(nodeId, {
    ...registeredPlot(registration),
    attestedEpoch: beacon.epoch,
    // The part that completes the registration brings the position; without one the last stands.
    position: position ?? known,
  });
  return null;
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

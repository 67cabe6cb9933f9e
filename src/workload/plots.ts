import { toHex } from '../base/bytes.ts';
import { makePlot, type Plot } from '../proofs/plot.ts';

/** Kept plots: those of one exploration's clients, whose runs repeat from the same keys. */
const maxKeptBytes = 32 * 1024 * 1024;
/** A plot and its tree: about three times its labels. */
const bytesPerLabel = 3 * 32;

const kept = new Map<string, Plot>();
let keptBytes = 0;

/** The plot of a node key, made once for runs that repeat. A plot is a pure function of its key. */
export function plotOf(nodeId: Uint8Array, labels: number, scaleFactor: number): Plot {
  const id = `${toHex(nodeId)}/${labels}/${scaleFactor}`;
  const found = kept.get(id);
  if (found !== undefined) return found;
  const plot = makePlot(nodeId, labels, scaleFactor);
  const sizeBytes = labels * bytesPerLabel;
  if (sizeBytes > maxKeptBytes) return plot;
  if (keptBytes + sizeBytes > maxKeptBytes) {
    kept.clear();
    keptBytes = 0;
  }
  kept.set(id, plot);
  keptBytes += sizeBytes;
  return plot;
}

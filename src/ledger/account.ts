import { assert } from '../base/assert.ts';
import { decode, type Reader, Writer } from '../base/codec.ts';
import { type NetworkPosition, readPosition, writePosition } from '../proofs/network-position.ts';
import type { RegisteredPlot } from '../proofs/space.ts';
import type { StakeAccount } from '../proofs/stake.ts';
import { limits } from './limits.ts';

/** One holder's units: `free` to give away or lock, `locked` as stake. Whole units throughout. */
export interface Account extends StakeAccount {
  readonly free: number;
}

/** A plot on the ledger. */
export interface LedgerPlot extends RegisteredPlot {
  /** Beacon epoch of the last full challenge it passed; registration counts as one. */
  readonly attestedEpoch: number;
  /** The signed word of the node on where it is reached; null: it never gave one. */
  readonly position: NetworkPosition | null;
}

/** Units in the whole ledger: Σ (free + locked) + burned = supply, always. */
export interface Supply {
  readonly supply: number;
  readonly burned: number;
  readonly accounts: number;
}

/** Where a replica stands after evidence against it. A replica without a record is trusted. */
export interface Standing {
  readonly status: 'isolated' | 'readmitted';
  /** Sequence and agreed time of the decision that says so. */
  readonly sequence: number;
  readonly sinceMs: number;
  /** What the evidence was, as its checker names it. */
  readonly evidenceType: string;
}

export function encodeAccount(account: Account): Uint8Array {
  return new Writer(128)
    .u8(account.status === 'active' ? 0 : 1)
    .u53(account.free)
    .u53(account.locked)
    .u53(account.lockedSinceMs)
    .u53(account.lockedUntilMs)
    .list(account.namePatterns, (w, pattern) => w.text(pattern))
    .finish();
}

export function decodeAccount(bytes: Uint8Array): Account {
  return own(bytes, (reader) => ({
    status: reader.u8('status') === 0 ? 'active' : 'slashed',
    free: reader.u53('free'),
    locked: reader.u53('locked'),
    lockedSinceMs: reader.u53('lockedSinceMs'),
    lockedUntilMs: reader.u53('lockedUntilMs'),
    namePatterns: reader.list(limits.namePatterns, 'namePatterns', (r) =>
      r.text(limits.patternBytes, 'namePatterns'),
    ),
  }));
}

export function encodePlot(plot: LedgerPlot): Uint8Array {
  const writer = new Writer(48).digest(plot.root).u32(plot.labels).u32(plot.scaleFactor);
  writer.u53(plot.attestedEpoch);
  writePosition(writer, plot.position);
  return writer.finish();
}

export function decodePlot(bytes: Uint8Array): LedgerPlot {
  return own(bytes, (reader) => ({
    root: reader.digest('root'),
    labels: reader.u32('labels'),
    scaleFactor: reader.u32('scaleFactor'),
    attestedEpoch: reader.u53('attestedEpoch'),
    position: readPosition(reader),
  }));
}

export function encodeSupply({ supply, burned, accounts }: Supply): Uint8Array {
  return new Writer(24).u53(supply).u53(burned).u53(accounts).finish();
}

export function decodeSupply(bytes: Uint8Array): Supply {
  return own(bytes, (reader) => ({
    supply: reader.u53('supply'),
    burned: reader.u53('burned'),
    accounts: reader.u53('accounts'),
  }));
}

export function encodeStanding(standing: Standing): Uint8Array {
  return new Writer(64)
    .u8(standing.status === 'isolated' ? 0 : 1)
    .u53(standing.sequence)
    .u53(standing.sinceMs)
    .text(standing.evidenceType)
    .finish();
}

export function decodeStanding(bytes: Uint8Array): Standing {
  return own(bytes, (reader) => ({
    status: reader.u8('status') === 0 ? 'isolated' : 'readmitted',
    sequence: reader.u53('sequence'),
    sinceMs: reader.u53('sinceMs'),
    evidenceType: reader.text(limits.reasonBytes, 'evidenceType'),
  }));
}

/** Reads what the ledger itself wrote: state under a certified digest cannot be malformed. */
export function own<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  const decoded = decode(bytes, read);
  assert(decoded.ok, () => `ledger state: ${decoded.ok ? '' : decoded.reason}`);
  return decoded.value;
}

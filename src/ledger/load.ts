import { assert } from '../base/assert.ts';
import { Writer } from '../base/codec.ts';
import { own } from './account.ts';

/**
 * How the price of a request follows demand. The window is a beacon epoch and the price is fixed
 * when a beacon is born, so whoever knows the beacon knows what a request made for it must bring.
 */
export interface LoadPolicy {
  /** Valid requests in one beacon epoch that the profile's own difficulty is meant for. */
  readonly validationsPerEpoch: number;
  /** Most that is ever asked beyond the profile; each bit doubles the work. */
  readonly maxExtraBits: number;
}

/** A thousand a second in epochs of a minute: about what a small cluster takes. */
export const defaultLoadPolicy: LoadPolicy = { validationsPerEpoch: 60_000, maxExtraBits: 4 };

/**
 * Demand as the ledger counts it. Only requests found valid count: they alone had to bring the
 * work, so neither forgeries nor empty words make it dearer for others.
 */
export interface Load {
  /** Valid requests since the present beacon was born. */
  readonly counted: number;
  /** Bits beyond the profile, for requests made for the present beacon and the one before. */
  readonly extraBits: number;
  readonly previousExtraBits: number;
}

export const noLoad: Load = { counted: 0, extraBits: 0, previousExtraBits: 0 };

/**
 * The load when the next beacon is born, `epochs` (1 or more) after the last: one bit up when there
 * were too many, one down when there were less than half, and one down for every epoch skipped.
 * One step at a time, and a gap between up and down: a price that answered at once would swing.
 */
export function nextLoad(load: Load, policy: LoadPolicy, epochs: number): Load {
  const { validationsPerEpoch, maxExtraBits } = policy;
  let extraBits = load.extraBits - (epochs - 1);
  if (load.counted > validationsPerEpoch) extraBits += 1;
  else if (load.counted < validationsPerEpoch / 2) extraBits -= 1;
  return {
    counted: 0,
    extraBits: Math.max(0, Math.min(maxExtraBits, extraBits)),
    previousExtraBits: load.extraBits,
  };
}

/** Throws when the operator's policy cannot be. */
export function assertLoadPolicy({ validationsPerEpoch, maxExtraBits }: LoadPolicy): void {
  const countable = Number.isSafeInteger(validationsPerEpoch) && validationsPerEpoch >= 1;
  assert(countable, `genesis: load of ${validationsPerEpoch} validations per epoch`);
  const bounded = Number.isInteger(maxExtraBits) && maxExtraBits >= 0 && maxExtraBits <= 16;
  assert(bounded, `genesis: load of ${maxExtraBits} extra bits, 0 to 16 allowed`);
}

export function encodeLoad({ counted, extraBits, previousExtraBits }: Load): Uint8Array {
  return new Writer(16).u53(counted).u8(extraBits).u8(previousExtraBits).finish();
}

export function decodeLoad(bytes: Uint8Array): Load {
  return own(bytes, (reader) => ({
    counted: reader.u53('counted'),
    extraBits: reader.u8('extraBits'),
    previousExtraBits: reader.u8('previousExtraBits'),
  }));
}

import { Writer } from '../base/codec.ts';
import { own } from './account.ts';

/**
 * The sliding anti-replay window of RFC 4303 §3.4.3, one per node, 64 wide: a sequence number is
 * accepted once, in any order within the window, never below it.
 */
export interface ReplayWindow {
  /** Highest sequence seen; 0 before the first. */
  readonly highest: number;
  /** Bit i is set when `highest` − i was seen. */
  readonly seen: bigint;
}

export const windowWidth = 64;
export const emptyWindow: ReplayWindow = { highest: 0, seen: 0n };

const mask = (1n << BigInt(windowWidth)) - 1n;

/** Why `sequence` (from 1) must not be used now; null when it is fresh. */
export function replayFault(window: ReplayWindow, sequence: number): string | null {
  if (sequence > window.highest) return null;
  const behind = window.highest - sequence;
  if (behind >= windowWidth) return 'sequence older than the window';
  return ((window.seen >> BigInt(behind)) & 1n) === 1n ? 'sequence used before' : null;
}

/** The window after `sequence`, which must be fresh. */
export function useSequence(window: ReplayWindow, sequence: number): ReplayWindow {
  if (sequence <= window.highest) {
    return { ...window, seen: window.seen | (1n << BigInt(window.highest - sequence)) };
  }
  const forward = sequence - window.highest;
  const kept = forward >= windowWidth ? 0n : (window.seen << BigInt(forward)) & mask;
  return { highest: sequence, seen: kept | 1n };
}

export function encodeWindow(window: ReplayWindow): Uint8Array {
  const high = Number(window.seen >> 32n);
  const low = Number(window.seen & 0xffffffffn);
  return new Writer(16).u53(window.highest).u32(high).u32(low).finish();
}

export function decodeWindow(bytes: Uint8Array): ReplayWindow {
  return own(bytes, (reader) => ({
    highest: reader.u53('highest'),
    seen: (BigInt(reader.u32('seen')) << 32n) | BigInt(reader.u32('seen')),
  }));
}

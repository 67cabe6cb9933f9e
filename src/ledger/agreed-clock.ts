import { Writer } from '../base/codec.ts';
import { type Digest, digest } from '../base/digest.ts';
import type { Beacon } from '../proofs/request.ts';
import { readBeacon, writeBeacon } from '../proofs/request-codec.ts';
import type { AgreedTime } from '../proofs/time.ts';
import { own } from './account.ts';

/** Agreed time and the two beacons that requests may be made with. */
export type AgreedClock = AgreedTime;

export function beaconEpoch(timeMs: number, beaconEpochMs: number): number {
  return Math.floor(timeMs / beaconEpochMs);
}

/**
 * The beacon of a new epoch: H(domain ‖ previous value ‖ epoch ‖ state digest before the batch
 * that opens it).
 *
 * What a primary can grind: the one that proposes the last batch of an epoch may try orders and
 * nops until the digest suits it, one execution of the batch per try, and then knows the next
 * beacon one batch before the others; it may also let its timestamp fall on either side of the
 * boundary, within `maxClockSkewMs`. That buys it a choice among as many beacons as it can try in
 * its turn, and so openings that miss its own plot's holes, which is why a plot is challenged
 * under many primaries. It cannot foresee a beacon two epochs on, nor make a request older.
 */
export function nextBeacon(previous: Beacon, epoch: number, stateDigest: Digest): Beacon {
  const writer = new Writer(72).digest(previous.value).u53(epoch).digest(stateDigest);
  return { epoch, value: digest('hypermesh/beacon', writer.finish()) };
}

export function genesisBeacon(chainId: Digest, epoch: number): Beacon {
  const writer = new Writer(40).digest(chainId).u53(epoch);
  return { epoch, value: digest('hypermesh/genesis-beacon', writer.finish()) };
}

/**
 * The clock after a batch that proposes `timestamp`: time never goes backwards, and 0 (a null
 * batch's) says nothing. After epochs in which nothing was decided, the previous beacon is the last
 * one there was: nobody could have known a newer. Returns the same object when nothing moves.
 */
export function advanceClock(
  clock: AgreedClock,
  timestamp: number,
  beaconEpochMs: number,
  stateDigest: () => Digest,
): AgreedClock {
  if (timestamp <= clock.nowMs) return clock;
  const epoch = beaconEpoch(timestamp, beaconEpochMs);
  if (epoch <= clock.beacon.epoch) return { ...clock, nowMs: timestamp };
  const beacon = nextBeacon(clock.beacon, epoch, stateDigest());
  return { nowMs: timestamp, beacon, previousBeacon: clock.beacon };
}

export function encodeClock(clock: AgreedClock): Uint8Array {
  const writer = new Writer(96).u53(clock.nowMs);
  writeBeacon(writer, clock.beacon);
  writeBeacon(writer, clock.previousBeacon);
  return writer.finish();
}

export function decodeClock(bytes: Uint8Array): AgreedClock {
  return own(bytes, (reader) => ({
    nowMs: reader.u53('nowMs'),
    beacon: readBeacon(reader),
    previousBeacon: readBeacon(reader),
  }));
}

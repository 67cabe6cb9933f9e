/**
 * A primary that never lets a timer run out, and serves nobody as long as it can get away with. An
 * honest one proposes what waits as soon as a slot is free, so a backup complains when a request
 * waited here for some status ticks and nothing at all was proposed meanwhile. It measures the
 * primary by the others: where agreement itself takes long, the primary has time as well. (After
 * the heartbeat of Aardvark, Clement et al., NSDI 2009, with complaints instead of a view change.)
 */
import type { Digest } from '../base/digest.ts';
import type { Core, Slot } from './state.ts';

/** Status ticks in a row in which a request waits and no header comes. */
const patienceTicks = 3;
/** So much more for each tick, after the first, that the last batch took from header to result. */
const patienceFactor = 4;
/** Intervals between two ticks, from which on a tick is late. */
const lateTick = 1.5;

/** At a status tick, before the requests that wait are counted anew. */
export function watchPrimary(core: Core): void {
  const { state } = core;
  const waiting = state.active && !core.isPrimary() ? oldestOverdue(core) : null;
  const excused = waiting === null || state.heardPrimary || isLateItself(core);
  state.idleTicks = excused ? 0 : state.idleTicks + 1;
  state.heardPrimary = false;
  state.tickedMs = core.nowMs;
  const patience = patienceTicks + patienceFactor * state.agreementTicks;
  if (state.idleTicks >= patience * 2 ** state.backoff) state.impatientFor = waiting;
}

/** Whose own ticks come late has no time to read, either, or shares a machine that is busy. */
function isLateItself({ state, nowMs, options }: Core): boolean {
  return nowMs - state.tickedMs > lateTick * options.parameters.statusIntervalMs;
}

/** Unproposed at the last tick, and still. */
function oldestOverdue({ state }: Core): Digest | null {
  for (const digest of state.overdue.keys()) if (state.unproposed.has(digest)) return digest;
  return null;
}

/** The batch of this slot ran: so long does agreement take, whoever proposes. */
export function noteAgreement({ state }: Core, { acceptedTick }: Slot): void {
  if (acceptedTick !== null) state.agreementTicks = Math.max(0, state.tick - acceptedTick - 1);
}

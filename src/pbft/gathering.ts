import type { Core } from './state.ts';

/**
 * When the primary of a cluster that serves waits for company. A slot costs every replica the same
 * signatures, syncs and wake-ups, whatever it holds, so a primary that proposes whenever it may
 * keeps busy machines busy with small batches. After a batch has run it waits for as many requests
 * as were pending then, for so many are sure to come (clients that were answered ask again), and no
 * longer than an interval. Who asks alone never waits: then one was pending, and one is there.
 */

/** A batch runs: as many as are pending now are expected next. Before they leave the list. */
export function expectAsMany({ state, nowMs }: Core): void {
  state.gathering.expected = state.pending.size;
  state.gathering.ranMs = nowMs;
}

/** True while fewer wait than should; asks again when time is up. */
export function waitsForMore(core: Core): boolean {
  const { gathering, unproposed } = core.state;
  const { proposalIntervalMs } = core.options.parameters;
  if (unproposed.size >= gathering.expected) return false;
  const sinceMs = core.nowMs - gathering.ranMs;
  // A clock that was set back says nothing of how long it has been.
  if (sinceMs < 0 || sinceMs >= proposalIntervalMs) return false;
  if (!gathering.timerRuns) core.setTimer('gather', Math.ceil(proposalIntervalMs - sinceMs));
  gathering.timerRuns = true;
  return true;
}

/** Nobody waits any more. */
export function noteProposal(core: Core): void {
  const { gathering } = core.state;
  if (gathering.timerRuns) core.cancelTimer('gather');
  gathering.timerRuns = false;
}

/** Time is up; whoever proposes next looks at the clock. */
export function onGatherTimer({ state }: Core): void {
  state.gathering.timerRuns = false;
}

import type { Operation } from './messages.ts';
import type { Core } from './state.ts';

/**
 * When the primary waits for company. A slot costs every replica the same signatures, syncs and
 * wake-ups, whatever it holds, so a primary that proposes whenever it may keeps busy machines busy
 * with small batches. It waits for as many requests as were pending when the last batch ran, for
 * so many are sure to come (clients that were answered ask again), and no longer than an interval
 * after its last proposal. Who asks alone never waits: then one was pending, and one is there.
 */

/** A batch runs: as many as are pending now are expected next. Before they leave the list. */
export function expectAsMany({ state }: Core): void {
  state.gathering.expected = state.pending.size;
}

/** True while fewer wait than `batch`, all that wait, should have; asks again when time is up. */
export function waitsForMore(core: Core, batch: readonly Operation[]): boolean {
  const { gathering, unproposed, epochEnd } = core.state;
  const { proposalIntervalMs, maxBatchOperations } = core.options.parameters;
  if (epochEnd !== null || batch.length < unproposed.size) return false;
  if (batch.length >= Math.min(gathering.expected, maxBatchOperations)) return false;
  const sinceMs = core.nowMs - gathering.proposedMs;
  // A clock that was set back says nothing of how long it has been.
  if (sinceMs < 0 || sinceMs >= proposalIntervalMs) return false;
  if (!gathering.timerRuns) core.setTimer('gather', Math.ceil(proposalIntervalMs - sinceMs));
  gathering.timerRuns = true;
  return true;
}

/** The next one's interval begins. */
export function noteProposal(core: Core): void {
  const { gathering } = core.state;
  gathering.proposedMs = core.nowMs;
  if (gathering.timerRuns) core.cancelTimer('gather');
  gathering.timerRuns = false;
}

/** Time is up; whoever proposes next looks at the clock. */
export function onGatherTimer({ state }: Core): void {
  state.gathering.timerRuns = false;
}

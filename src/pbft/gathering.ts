import type { Envelope, PrePrepare } from './messages.ts';
import type { Core } from './state.ts';

/**
 * When the primary of a cluster that serves waits for company. A slot costs every replica the same
 * signatures, syncs and wake-ups, whatever it holds, so a primary that proposes whenever it may
 * keeps busy machines busy with small batches. After a batch has run it waits for as many requests
 * as were pending then, for so many are sure to come (clients that were answered ask again), and no
 * longer than an interval. Who asks alone never waits: then one was pending, and one is there.
 *
 * Where agreement takes long, clients take longer than an interval to come back, and two crowds of
 * them take turns with half a batch each. But across oceans it takes long as well, and nobody is
 * busy. So the least that agreement ever took counts as distance (as the base RTT does in TCP
 * Vegas, Brakmo et al., SIGCOMM 1994), what it takes beyond that as work, and half of the work may
 * be waited for.
 */
export interface Gathering {
  /** Requests that were pending when the last batch ran, and when that was by the own clock. */
  expected: number;
  ranMs: number;
  /** The timer `gather` was set and neither called off nor run out. */
  timerRuns: boolean;
  /** The least that agreement on a batch of this primary's took. */
  leastMs: number;
  /** Half of what the last one took beyond it. */
  halfTheWorkMs: number;
}

/** Intervals that are waited at the most, however much work there is. */
const maxIntervals = 8;

export function nothingExpected(): Gathering {
  const leastMs = Number.POSITIVE_INFINITY;
  return { expected: 0, ranMs: 0, timerRuns: false, leastMs, halfTheWorkMs: 0 };
}

/** The batch of this header runs; its requests are still pending: so many are expected next. */
export function expectAsMany(core: Core, header: Envelope<PrePrepare>): void {
  const { gathering, pending } = core.state;
  gathering.expected = pending.size;
  gathering.ranMs = core.nowMs;
  // What others proposed says how far they are from each other.
  if (header.sender !== core.index) return;
  const tookMs = core.nowMs - header.statement.timestamp;
  // A clock that was set back, or a time agreed on before that is ahead of this clock.
  if (tookMs < 0) return;
  gathering.leastMs = Math.min(gathering.leastMs, tookMs);
  gathering.halfTheWorkMs = (tookMs - gathering.leastMs) / 2;
}

/** True while fewer wait than should; asks again when time is up. */
export function waitsForMore(core: Core): boolean {
  const { gathering, unproposed } = core.state;
  if (unproposed.size >= gathering.expected) return false;
  const waitMs = longestWaitMs(core);
  const sinceMs = core.nowMs - gathering.ranMs;
  // A clock that was set back says nothing of how long it has been.
  if (sinceMs < 0 || sinceMs >= waitMs) return false;
  if (!gathering.timerRuns) core.setTimer('gather', Math.ceil(waitMs - sinceMs));
  gathering.timerRuns = true;
  return true;
}

function longestWaitMs({ state, options }: Core): number {
  const { proposalIntervalMs } = options.parameters;
  const { halfTheWorkMs } = state.gathering;
  return Math.min(Math.max(proposalIntervalMs, halfTheWorkMs), maxIntervals * proposalIntervalMs);
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

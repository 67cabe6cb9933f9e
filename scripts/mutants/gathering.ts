import type { Mutant } from './mutant.ts';

const file = 'gathering.ts';
const rule = 'ours, when a primary waits for company';
const expects = '  if (batch.length > 0) expectAsMany(core, decided.header);\n';
const forgets = '  forgetPending(core, batch);\n';
const longest =
  'Math.min(Math.max(proposalIntervalMs, halfTheWorkMs), maxIntervals * proposalIntervalMs)';

/** How long a primary waits for how many. */
export const gatheringMutants: readonly Mutant[] = [
  {
    name: 'waits-for-those-that-were-answered-last',
    rule,
    file: 'execution.ts',
    find: expects + forgets,
    replace: forgets + expects,
  },
  {
    name: 'null-batch-says-how-many-will-come',
    rule,
    file: 'execution.ts',
    find: expects,
    replace: '  expectAsMany(core, decided.header);\n',
  },
  {
    name: 'waits-however-long-it-has-been',
    rule,
    file,
    find: 'sinceMs < 0 || sinceMs >= waitMs',
    replace: 'sinceMs < 0 || sinceMs >= 100 * waitMs',
  },
  {
    name: 'waits-by-a-clock-that-was-set-back',
    rule,
    file,
    find: 'sinceMs < 0 || sinceMs >= waitMs',
    replace: 'sinceMs >= waitMs',
  },
  {
    name: 'waits-for-more-than-a-batch-holds',
    rule,
    file: 'normal-case.ts',
    find: 'return state.unproposed.size >= maxBatchOperations ||',
    replace: 'return state.unproposed.size > maxBatchOperations ||',
  },
  {
    name: 'full-by-bytes-waits-all-the-same',
    rule,
    file: 'normal-case.ts',
    find: 'batch.length === maxBatchOperations || batch.length < unproposed.size',
    replace: 'batch.length === maxBatchOperations',
  },
  {
    name: 'waits-at-the-end-of-an-epoch',
    rule,
    file: 'normal-case.ts',
    find: 'state.epochEnd === null && !mayFillABatch(core)',
    replace: '!mayFillABatch(core)',
  },
  {
    name: 'gathers-with-one-in-flight-as-well',
    rule,
    file: 'normal-case.ts',
    find: 'inFlight >= (gathers ? 1 : 2)',
    replace: 'inFlight >= 2',
  },
  {
    name: 'nothing-wakes-a-primary-that-waits',
    rule,
    file,
    find: "if (!gathering.timerRuns) core.setTimer('gather',",
    replace: "if (gathering.timerRuns) core.setTimer('gather',",
  },
  {
    name: 'a-timer-that-ran-out-still-runs',
    rule,
    file,
    find: '({ state }: Core): void {\n  state.gathering.timerRuns = false;\n',
    replace: '({ state }: Core): void {\n  state.gathering.timerRuns ||= false;\n',
  },
  {
    name: 'distance-is-waited-for-as-well',
    rule,
    file,
    find: 'gathering.halfTheWorkMs = (tookMs - gathering.leastMs) / 2;',
    replace: 'gathering.halfTheWorkMs = tookMs / 2;',
  },
  {
    name: 'the-least-is-what-it-took-last',
    rule,
    file,
    find: 'gathering.leastMs = Math.min(gathering.leastMs, tookMs);',
    replace: 'gathering.leastMs = tookMs;',
  },
  {
    name: 'waits-for-all-of-the-work',
    rule,
    file,
    find: '(tookMs - gathering.leastMs) / 2',
    replace: 'tookMs - gathering.leastMs',
  },
  {
    name: 'waits-as-long-as-work-takes',
    rule,
    file,
    find: longest,
    replace: 'proposalIntervalMs === 0 ? 0 : Math.max(proposalIntervalMs, halfTheWorkMs)',
  },
  {
    name: 'waits-for-the-work-alone',
    rule,
    file,
    find: 'Math.max(proposalIntervalMs, halfTheWorkMs)',
    replace: 'halfTheWorkMs',
  },
  {
    name: 'learns-from-what-others-proposed',
    rule,
    file,
    find: '  if (header.sender !== core.index) return;\n',
    replace: '',
  },
  {
    name: 'learns-from-a-clock-that-was-set-back',
    rule,
    file,
    find: '  if (tookMs < 0) return;\n',
    replace: '',
  },
];

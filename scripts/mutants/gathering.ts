import type { Mutant } from './mutant.ts';

const file = 'gathering.ts';
const rule = 'ours, when a primary waits for company';

/** How long a primary waits for how many. */
export const gatheringMutants: readonly Mutant[] = [
  {
    name: 'waits-for-those-that-were-answered-last',
    rule,
    file: 'execution.ts',
    find: '  if (batch.length > 0) expectAsMany(core);\n  forgetPending(core, batch);\n',
    replace: '  forgetPending(core, batch);\n  if (batch.length > 0) expectAsMany(core);\n',
  },
  {
    name: 'null-batch-says-how-many-will-come',
    rule,
    file: 'execution.ts',
    find: '  if (batch.length > 0) expectAsMany(core);',
    replace: '  expectAsMany(core);',
  },
  {
    name: 'waits-however-long-it-has-been',
    rule,
    file,
    find: 'sinceMs < 0 || sinceMs >= proposalIntervalMs',
    replace: 'sinceMs < 0 || sinceMs >= 100 * proposalIntervalMs',
  },
  {
    name: 'waits-by-a-clock-that-was-set-back',
    rule,
    file,
    find: 'sinceMs < 0 || sinceMs >= proposalIntervalMs',
    replace: 'sinceMs >= proposalIntervalMs',
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
];

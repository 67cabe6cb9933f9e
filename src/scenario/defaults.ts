import type { Scenario } from './scenario.ts';

/** What is expected of a run whose file says nothing about it. */
export const noExpectations = {
  outcome: 'passed',
  issued: null,
  rejected: null,
  isolated: null,
  accused: null,
  viewChanges: null,
  recovered: null,
  latency: null,
} as const satisfies Scenario['expect'];

/** A workload in which no request is broken on purpose. */
export const noneInvalid: Scenario['workload']['invalid'] = {
  space: 0,
  stake: 0,
  work: 0,
  time: 0,
  signature: 0,
  replay: 0,
};

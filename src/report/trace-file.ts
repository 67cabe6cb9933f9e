import type { Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';

/**
 * A trace file is JSON lines: for each scenario one line that says what was run, so that it can be
 * run again, then its events in the order they happened.
 */
export function formatTraceHeader(scenario: Scenario): string {
  return `${JSON.stringify({ type: 'scenario', scenario })}\n`;
}

export function formatTraceEvent(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

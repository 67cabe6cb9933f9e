import { reportPage } from '../../../src/report/html/report-page.ts';
import { RunLog } from '../../../src/report/html/run-log.ts';
import { parseScenarios } from '../../../src/scenario/parse.ts';
import type { RunResult } from '../../../src/scenario/result.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import type { RunEvent } from '../../../src/scenario/trace.ts';
import { sample } from '../sample.ts';

export const versions = { hypermesh: '1.2.3', node: '24.0.0', platform: 'linux x64' };

export function scenarioOf(text: string): Scenario {
  const parsed = parseScenarios('test.yaml', text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenarios[0]!;
}

export const fourReplicas = scenarioOf('name: four\nworkload: {clients: 1}\nseed: 7');

type MessageEvent = Extract<RunEvent, { type: 'message' }>;

export function message(change: Partial<MessageEvent>): MessageEvent {
  return {
    type: 'message',
    atMs: 0,
    deliveredAtMs: 1,
    from: 'replica-0',
    to: 'replica-1',
    kind: 'prepare',
    sizeBytes: 100,
    fields: { view: 0, sequence: 1, headerDigest: 'abcd0123' },
    ...change,
  };
}

/** Messages of one sequence number among `n` replicas: see {@link normalCase}. */
export function messagesPerSequence(n: number): number {
  return 1 + (n - 1) + 2 * n * (n - 1) + n;
}

/** The normal case of §4.2 with one client, every message under way for 1 ms; 10 ms a sequence. */
export function* normalCase(n: number, sequences: number): Generator<RunEvent> {
  for (let sequence = 1; sequence <= sequences; sequence++) {
    const atMs = sequence * 10;
    const fields = { view: 0, sequence, headerDigest: sequence.toString(16).padStart(8, '0') };
    const send = (kind: string, afterMs: number, from: string, to: string) =>
      message({ kind, from, to, fields, atMs: atMs + afterMs, deliveredAtMs: atMs + afterMs + 1 });
    const replicas = Array.from({ length: n }, (_, i) => `replica-${i}`);
    yield send('request', 0, 'client-0', 'replica-0');
    for (const to of replicas.slice(1)) yield send('prePrepare', 1, 'replica-0', to);
    for (const [kind, afterMs] of [
      ['prepare', 2],
      ['commit', 3],
    ] as const) {
      for (const from of replicas) {
        for (const to of replicas) if (to !== from) yield send(kind, afterMs, from, to);
      }
    }
    for (const from of replicas) yield send('reply', 4, from, 'client-0');
    for (const replica of replicas.keys()) {
      yield {
        type: 'decided',
        atMs: atMs + 4,
        replica,
        view: 0,
        sequence,
        batchDigest: 'ab'.repeat(32),
        timestamp: 0,
        operations: ['cd'.repeat(32)],
      };
    }
  }
}

export function logOf(events: Iterable<RunEvent>, log = new RunLog()): RunLog {
  for (const event of events) log.add(event);
  return log;
}

export function page(
  events: Iterable<RunEvent>,
  change: Partial<RunResult> = {},
  scenario = fourReplicas,
): string {
  const result = { ...sample, scenario: scenario.name, virtualMs: 50, ...change };
  return reportPage({ scenario, result, log: logOf(events), versions });
}

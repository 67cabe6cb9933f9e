import { describe, expect, it } from 'vitest';
import { exitCodeOf, worstExitCode } from '../../src/scenario/exit-code.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import type { RequestRecord } from '../../src/scenario/result.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { Collector, percentiles, type RunFacts, summarize } from '../../src/scenario/summary.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';

function scenario(lines: string): Scenario {
  const parsed = parseScenarios('a.yaml', `name: a\n${lines}`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenarios[0]!;
}

const facts: RunFacts = {
  messages: { sent: 9, delivered: 8, dropped: 1 },
  bytesSent: 900,
  virtualMs: 1234.56789,
  wallMs: 12,
  traceDigest: 'ab'.repeat(32),
  partial: false,
  recovered: [],
  isolated: [],
};

function answer(name: string, atMs: number, change: Partial<RequestRecord> = {}): RunEvent {
  const record: RequestRecord = {
    name,
    client: 0,
    broken: null,
    outcome: 'issued',
    serial: '01',
    failures: [],
    latencyMs: 10,
    sequence: 1,
    ...change,
  };
  return { type: 'request', atMs, record };
}

function refused(name: string, proof: 'work' | 'time', atMs = 20): RunEvent {
  const failures = [{ proof, reason: 'too little', measured: '1', required: '2' }];
  return answer(name, atMs, { outcome: 'rejected', serial: null, broken: proof, failures });
}

const violationBy = (checker: string): RunEvent => ({
  type: 'violation',
  atMs: 5,
  violation: { checker, sequence: 3, replicas: [1, 2], atMs: 5, detail: 'two' },
});
const violation = violationBy('agreement');

describe('the summary of a run', () => {
  it('counts what was issued, refused by kind, and left without an answer', () => {
    const events = [
      answer('a', 20),
      refused('b', 'work'),
      refused('c', 'work'),
      refused('d', 'time'),
    ];
    const result = summarize(scenario('workload: {requests: 6}'), events, facts);
    expect(result).toMatchObject({
      issued: 1,
      rejected: { total: 3, work: 2, time: 1, space: 0 },
      pending: 2,
      outcome: 'stalled',
      virtualMs: 1234.568,
    });
  });

  it('takes an answer over the pending record of the same request', () => {
    const waiting = answer('a', 1, { outcome: 'pending', serial: null, latencyMs: null });
    const pending = waiting.type === 'request' ? [waiting.record] : [];
    const events = [waiting, answer('a', 20)];
    const result = summarize(scenario('workload: {requests: 1}'), events, {
      ...facts,
      requests: pending,
    });
    expect(result).toMatchObject({ issued: 1, pending: 0, outcome: 'passed' });
    expect(result.requests).toHaveLength(1);
  });

  it('counts each view once, entered by a correct replica, not left for and not view 0', () => {
    const view = (replica: number, number: number, active = true): RunEvent => ({
      type: 'view',
      atMs: 1,
      replica,
      view: number,
      active,
    });
    const events = [view(1, 0), view(1, 1), view(2, 1), view(1, 2, false), view(0, 7), view(3, 3)];
    const faulty = scenario('adversaries: [{replica: 0, behaviour: staleView}]');
    expect(summarize(faulty, events, facts).viewChanges).toBe(2);
  });

  it('tells each accusation once, as the first saw it, and none made by an adversary', () => {
    const accused = (replica: number, whom: number, atMs: number): RunEvent => ({
      type: 'accused',
      atMs,
      replica,
      accusation: { accused: whom, evidence: 'twoFaced', by: [replica], atMs, messages: [] },
    });
    const events = [accused(3, 0, 9), accused(1, 0, 4), accused(3, 0, 12), accused(0, 2, 1)];
    const faulty = scenario('adversaries: [{replica: 0, behaviour: equivocate}]');
    const result = summarize(faulty, events, facts);
    expect(result.accused).toEqual([0]);
    expect(result.accusations).toEqual([
      { accused: 0, evidence: 'twoFaced', by: [1, 3], atMs: 4, messages: [] },
    ]);
  });

  it('tells how long a villain went undetected, from its first lie to the first proof', () => {
    const at = (atMs: number, messages: number, event: object) => ({ atMs, messages, event });
    const departs = { type: 'fault', what: 'adversary', detail: '' };
    const proof = { accused: 0, evidence: 'twoFaced', by: [1], messages: [] };
    const story = [
      at(40, 100, { ...departs, replicas: [0] }),
      at(45, 130, { ...departs, replicas: [0] }),
      at(60, 190, { type: 'accused', replica: 1, accusation: { ...proof, atMs: 60 } }),
      // Told of later, but it happened before.
      at(52, 200, { type: 'accused', replica: 2, accusation: { ...proof, atMs: 52 } }),
      at(70, 210, { type: 'accused', replica: 2, accusation: { ...proof, accused: 1, atMs: 70 } }),
      at(90, 300, { ...departs, replicas: [3] }),
    ];
    let delivered = 0;
    const faulty = scenario('adversaries: [{replicas: [0, 1, 3], behaviour: equivocate}]');
    const collector = new Collector(faulty, () => delivered);
    for (const { atMs, messages, event } of story) {
      delivered = messages;
      collector.add({ ...event, atMs } as RunEvent);
    }
    const { detections } = collector.summarize(facts);
    expect(detections).toEqual([{ replica: 0, evidence: 'twoFaced', ms: 12, messages: 100 }]);
  });

  it('measures throughput from the first question to the last answer', () => {
    const events = [answer('a', 1010), answer('b', 1510), answer('c', 2000)];
    expect(summarize(scenario('workload: {requests: 3}'), events, facts)).toMatchObject({
      throughputPerSecond: 3,
      latencyMs: { p50: 10, max: 10 },
    });
  });

  it('calls a certificate over a broken proof a violation', () => {
    const events = [answer('a', 20, { broken: 'stake', sequence: 4 })];
    const result = summarize(scenario('workload: {requests: 1}'), events, facts);
    expect(result.outcome).toBe('diverged');
    expect(result.violations).toMatchObject([{ checker: 'brokenProofIssued', sequence: 4 }]);
  });
});

describe('agreement', () => {
  const decided = (replica: number, sequence: number, batchDigest: string): RunEvent => ({
    type: 'decided',
    atMs: 7,
    replica,
    view: 0,
    sequence,
    batchDigest,
    timestamp: 1,
    operations: [],
  });
  const executed = (replica: number, sequence: number, stateDigest: string): RunEvent => ({
    type: 'executed',
    atMs: 8,
    replica,
    sequence,
    resultsRoot: 'r',
    stateDigest,
  });
  const faulty = scenario('adversaries: [{replica: 0, behaviour: equivocate}]');
  const found = (...events: RunEvent[]) => summarize(faulty, events, facts).violations;

  it('is told broken by the checker that knows what came before, whoever told it first', () => {
    const trace = ['6.900 ms replica-3 -> replica-2 commit view=0 sequence=5'];
    const place = { sequence: 5, replicas: [1, 2], atMs: 7, detail: 'two' };
    const violation = { checker: 'agreement', ...place, trace };
    const events = [decided(1, 5, 'x'), decided(2, 5, 'y')];
    expect(found(...events, { type: 'violation', atMs: 7, violation })).toEqual([violation]);
  });

  it('is broken by two correct replicas that decide differently, told once a sequence', () => {
    const events = [1, 2, 3].map((replica) => decided(replica, 5, replica === 1 ? 'x' : 'y'));
    expect(found(...events)).toEqual([
      {
        checker: 'agreement',
        sequence: 5,
        replicas: [1, 2],
        atMs: 7,
        detail: 'replica 1 has batch x at 1, replica 2 has batch y at 1',
      },
    ]);
  });

  it('is broken by two correct replicas whose states differ after one batch', () => {
    expect(found(executed(1, 5, 'x'), executed(2, 5, 'y'))).toMatchObject([
      { checker: 'execution', sequence: 5, replicas: [1, 2] },
    ]);
  });

  it('is not broken by an adversary, by other sequences, or by saying it again', () => {
    const events = [decided(1, 5, 'x'), decided(0, 5, 'y'), decided(2, 6, 'y'), decided(1, 5, 'x')];
    expect(found(...events)).toEqual([]);
  });
});

describe('the verdict', () => {
  it.each([
    { expect: '{}', events: [answer('a', 1)], outcome: 'passed', code: 0, why: 'all answered' },
    { expect: '{}', events: [], outcome: 'stalled', code: 2, why: 'a request waits' },
    { expect: '{}', events: [violation], outcome: 'diverged', code: 3, why: 'safety comes first' },
    { expect: '{issued: 2}', events: [answer('a', 1)], outcome: 'failed', code: 1, why: 'not 2' },
    { expect: '{outcome: stalled}', events: [], outcome: 'stalled', code: 0, why: 'as expected' },
    {
      expect: '{outcome: stalled}',
      events: [answer('a', 1)],
      outcome: 'failed',
      code: 1,
      why: 'it should have stalled',
    },
    {
      expect: '{outcome: stalled}',
      events: [violation],
      outcome: 'diverged',
      code: 3,
      why: 'worse than expected',
    },
    {
      expect: '{outcome: diverged, issued: 1}',
      events: [violation],
      outcome: 'diverged',
      code: 1,
      why: 'the outcome holds, another expectation does not',
    },
    { expect: '{outcome: diverged}', events: [violation], outcome: 'diverged', code: 0, why: 'as' },
    { expect: '{outcome: diverged}', events: [], outcome: 'stalled', code: 2, why: 'no violation' },
    {
      expect: '{}',
      events: [answer('a', 1), violationBy('catchUp')],
      outcome: 'stalled',
      code: 2,
      why: 'a broken promise of progress is no divergence',
    },
  ])('is $outcome, exit $code: $why', ({ expect: expected, events, outcome, code }) => {
    const asked = scenario(`workload: {requests: 1}\nexpect: ${expected}`);
    const result = summarize(asked, events, facts);
    expect(result.outcome).toBe(outcome);
    expect(exitCodeOf(result)).toBe(code);
  });

  it('shows every expectation beside what it came to', () => {
    const asked = scenario(`workload: {requests: 2}
expect:
  issued: ">= 1"
  rejected: {work: 1, time: "> 0"}
  isolated: []
  accused: [2, 1]
  viewChanges: "< 1"
  recovered: [3]
  latency: {p90: "<= 1s", max: 5ms}`);
    const result = summarize(asked, [answer('a', 20), refused('b', 'work')], facts);
    const lines = result.expectations.map(
      ({ name, expected, actual, held }) => `${held ? '+' : '-'} ${name} ${expected} ${actual}`,
    );
    expect(lines).toEqual([
      '+ outcome passed passed',
      '+ issued >= 1 1',
      '+ rejected.work 1 1',
      '- rejected.time > 0 0',
      '+ isolated [] []',
      '- accused [1, 2] []',
      '+ viewChanges < 1 0',
      '- recovered [3] []',
      '+ latency.p90 <= 1s 10ms',
      '- latency.max 5ms 10ms',
    ]);
  });

  it('holds no limit on the latency of answers that never came', () => {
    const asked = scenario(
      'workload: {requests: 1}\nexpect: {outcome: stalled, latency: {p90: "<= 1s"}}',
    );
    const result = summarize(asked, [], facts);
    expect(result.expectations.at(-1)).toEqual({
      name: 'latency.p90',
      expected: '<= 1s',
      actual: 'none',
      held: false,
    });
    expect(exitCodeOf(result)).toBe(1);
  });

  it.each([
    [[], 0],
    [[0, 1, 2], 2],
    [[2, 3, 130], 3],
    [[1, 2, 130], 130],
    [[3, 4], 4],
  ] as const)('over several runs %j is %i, the worst', (codes, worst) => {
    expect(worstExitCode(codes)).toBe(worst);
  });
});

describe('percentiles', () => {
  it.each([
    { values: [], p50: 0, p90: 0, p99: 0, max: 0, why: 'nothing was measured' },
    { values: [7], p50: 7, p90: 7, p99: 7, max: 7, why: 'one value is all of them' },
    { values: [4, 1, 3, 2], p50: 2, p90: 4, p99: 4, max: 4, why: 'nearest rank, no mean' },
  ])('of $values: $why', ({ values, why: _, ...wanted }) => {
    expect(percentiles(values)).toEqual(wanted);
  });

  it('are the 50th, 90th and 99th of a hundred', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(percentiles(values)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100 });
  });
});

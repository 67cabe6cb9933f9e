import { describe, expect, it } from 'vitest';
import { bandsOf } from '../../../src/report/html/bands.ts';
import { happeningsOf } from '../../../src/report/html/happenings.ts';
import { fieldsOf, unpackMessages } from '../../../src/report/html/model/messages.ts';
import { markTypes } from '../../../src/report/html/model/packed.ts';
import { packRun } from '../../../src/report/html/pack.ts';
import { type OtherEvent, RunLog } from '../../../src/report/html/run-log.ts';
import type { RunEvent } from '../../../src/scenario/trace.ts';
import { sample } from '../sample.ts';
import { fourReplicas, logOf, message, normalCase, scenarioOf } from './fixture.ts';

const pack = (events: Iterable<RunEvent>, scenario = fourReplicas) =>
  packRun(scenario, { ...sample, virtualMs: 50 }, logOf(events));

describe('packing a run for its page', () => {
  it('keeps every message, in order of sending, with all it says', () => {
    const run = pack([
      message({ atMs: 3.25, deliveredAtMs: null, from: 'client-0', kind: 'request', fields: {} }),
      message({ atMs: 1.5, deliveredAtMs: 2.75 }),
    ]);
    const messages = unpackMessages(run);
    expect([...messages.atUs]).toEqual([1500, 3250]);
    expect([...messages.arrivedUs]).toEqual([2750, Number.NaN]);
    expect([...messages.from].map((lane) => run.lanes[lane]!.name)).toEqual([
      'replica-0',
      'client-0',
    ]);
    expect([...messages.kind].map((kind) => run.kinds[kind])).toEqual(['prepare', 'request']);
    expect(fieldsOf(run, messages.fields[0]!)).toEqual([
      ['view', 0],
      ['sequence', 1],
      ['headerDigest', 'abcd0123'],
    ]);
    expect(fieldsOf(run, messages.fields[1]!)).toEqual([]);
  });

  it('says once what a broadcast says many times', () => {
    const run = pack(normalCase(4, 2));
    expect(run.messages.afterUs).toHaveLength(2 * 32);
    expect(run.fieldSets).toHaveLength(2);
  });

  it('has a lane for every client and replica, and for whoever else takes part', () => {
    const scenario = scenarioOf(
      'name: a\nreplicas: {voting: 4, standby: 1}\nworkload: {clients: 2}\n' +
        'adversaries: [{replica: 1, behaviour: twins}, {replica: 1, behaviour: delay}]',
    );
    const { lanes } = pack([message({ from: 'observer' })], scenario);
    expect(lanes.map(({ name }) => name)).toEqual([
      'client-0',
      'client-1',
      'replica-0',
      'replica-1',
      'replica-2',
      'replica-3',
      'replica-4',
      'observer',
    ]);
    expect(lanes[3]!.behaviour).toBe('twins, delay');
  });

  it('marks a new view once, and not because a liar says so', () => {
    const scenario = scenarioOf('name: a\nadversaries: [{replica: 0, behaviour: silent}]');
    const view = (replica: number, number: number, atMs: number): RunEvent => {
      return { type: 'view', atMs, replica, view: number, active: true };
    };
    const { marks } = pack([view(0, 9, 1), view(2, 1, 2), view(3, 1, 3)], scenario);
    const views = marks.filter(([, , type]) => markTypes[type] === 'view');
    expect(views).toEqual([[2000, -1, markTypes.indexOf('view'), 'view 1']]);
  });

  it('tells when each request was answered, and never that a pending one was', () => {
    const [issued, rejected] = sample.requests;
    const pending = { ...issued!, name: 'host-9', outcome: 'pending' as const, latencyMs: null };
    const log = logOf([
      { type: 'request', atMs: 33, record: rejected! },
      { type: 'request', atMs: 44, record: pending },
    ]);
    const requests = [issued!, rejected!, pending];
    const run = packRun(fourReplicas, { ...sample, requests }, log);
    expect(run.requests.map(({ answeredMs }) => answeredMs)).toEqual([null, 33, null]);
  });
});

describe('the log of a run', () => {
  it('keeps the first messages, counts the others, and knows since when', () => {
    const log = new RunLog({ messages: 2, events: 10 });
    for (const atMs of [1, 2, 3, 4]) log.add(message({ atMs }));
    expect(log.messages.map(({ atMs }) => atMs)).toEqual([1, 2]);
    expect(log.leftOut).toEqual({ messages: 2, events: 0, fromMs: 3 });
  });

  it('keeps room for what is rare when the common has taken its share', () => {
    const log = new RunLog({ messages: 0, events: 10 });
    const strike = { type: 'strike', atMs: 1, replica: 1, against: 0, reason: 'bad' } as const;
    for (let i = 0; i < 20; i++) log.add(strike);
    log.add({ type: 'view', atMs: 2, replica: 1, view: 1, active: true });
    expect(log.events.at(-1)?.type).toBe('view');
    expect(log.events).toHaveLength(9);
    for (let i = 0; i < 20; i++) {
      log.add({ type: 'view', atMs: 3, replica: 1, view: 1, active: true });
    }
    expect(log.events).toHaveLength(10);
    expect(log.leftOut.events).toBe(12 + 19);
  });
});

type Fault = Extract<OtherEvent, { type: 'fault' }>;

function fault(what: Fault['what'], atMs: number, replicas: number[], detail = ''): Fault {
  return { type: 'fault', what, atMs, replicas, detail };
}

const bands = (events: readonly OtherEvent[], endUs = 100_000) =>
  bandsOf(fourReplicas, events, 1, endUs).map(
    ({ type, lane, fromUs, toUs, side }) => `${type} ${lane} ${fromUs}-${toUs} side ${side}`,
  );

describe('stretches of time on a lane', () => {
  it.each([
    {
      why: 'a partition puts every replica on a side, also those it does not name',
      events: [fault('partition', 1, [0, 1], '0 | 1'), fault('heal', 3, [])],
      expected: [
        'partition 1 1000-3000 side 0',
        'partition 2 1000-3000 side 1',
        'partition 3 1000-3000 side 2',
        'partition 4 1000-3000 side 2',
      ],
    },
    {
      why: 'a crash lasts until the restart',
      events: [fault('crash', 1, [2]), fault('restart', 5, [2])],
      expected: ['down 3 1000-5000 side 0'],
    },
    {
      why: 'what never ends lasts until the end of the run',
      events: [fault('crash', 1, [2])],
      expected: ['down 3 1000-100000 side 0'],
    },
    {
      why: 'a link that loses nothing any more is healed',
      events: [
        fault('link', 1, [0, 3], '0 to 3 loses 100 %'),
        fault('link', 2, [0, 3], '0 to 3 loses 0 %'),
      ],
      expected: ['link 1 1000-2000 side 0'],
    },
    {
      why: 'between leaving a view and entering the next',
      events: [
        { type: 'view', atMs: 1, replica: 1, view: 1, active: false },
        { type: 'view', atMs: 4, replica: 1, view: 1, active: true },
      ] as const,
      expected: ['viewChange 2 1000-4000 side 0'],
    },
    {
      why: 'a crash ends the view change it interrupts',
      events: [
        { type: 'view', atMs: 1, replica: 1, view: 1, active: false } as const,
        fault('crash', 2, [1]),
        fault('restart', 3, [1]),
      ],
      expected: ['viewChange 2 1000-2000 side 0', 'down 2 2000-3000 side 0'],
    },
  ])('$why', ({ events, expected }) => {
    expect(bands(events)).toEqual(expected);
  });

  it('shows an adversary while it misbehaves', () => {
    const scenario = scenarioOf(
      'name: a\nadversaries: [{replica: 2, behaviour: silent, from: 10ms, until: 20ms}]',
    );
    expect(bandsOf(scenario, [], 1, 100_000)).toEqual([
      { type: 'adversary', lane: 3, fromUs: 10_000, toUs: 20_000, label: 'silent', side: 0 },
    ]);
  });
});

describe('what happened', () => {
  it('tells once what several replicas tell, and nothing that only a liar tells', () => {
    const view = (replica: number, atMs: number): OtherEvent => {
      return { type: 'view', atMs, replica, view: 1, active: true };
    };
    const accusation = { ...sample.accusations[0]!, by: [2] };
    const happenings = happeningsOf(
      [
        view(0, 1),
        view(3, 5),
        view(1, 6),
        { type: 'accused', atMs: 2, replica: 2, accusation },
        fault('crash', 3, [2], 'replica 2 crashes'),
      ],
      new Set([0]),
    );
    expect(happenings).toEqual([
      { atUs: 2000, what: 'replica 0 accused: conflictingPrePrepare, proved by replica 2' },
      { atUs: 3000, what: 'replica 2 crashes' },
      { atUs: 5000, what: 'view 1 begins, for replicas 1 and 3' },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { ChromeTrace } from '../../src/report/chrome-trace.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';
import { fourReplicas, message, messagesPerSequence, normalCase } from './html/fixture.ts';

interface Entry {
  readonly name?: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly id?: number;
  readonly args?: Record<string, unknown>;
}

function entriesOf(events: Iterable<RunEvent>, trace = new ChromeTrace()): readonly Entry[] {
  const texts = trace.begin(fourReplicas);
  return [...texts, ...[...events].flatMap((event) => trace.add(event))].map((text) =>
    JSON.parse(text),
  );
}

const of = (entries: readonly Entry[], ph: string) => entries.filter((entry) => entry.ph === ph);

describe('a trace for Perfetto', () => {
  it('has an arrow from where and when a message was sent to where and when it arrived', () => {
    const entries = entriesOf([message({ atMs: 1.5, deliveredAtMs: 2.75 })]);
    const [start, ...others] = of(entries, 's');
    const [end] = of(entries, 'f');
    expect(others).toEqual([]);
    expect(start!.id).toBe(end!.id);
    expect([start!.ts, end!.ts]).toEqual([1500, 2750]);
    const nameOf = ({ pid }: Entry) =>
      entries.find((each) => each.name === 'process_name' && each.pid === pid)!.args!.name;
    expect([nameOf(start!), nameOf(end!)]).toEqual(['replica 0', 'replica 1']);
    // A flow needs a slice at each end to hold on to.
    for (const { pid, tid, ts } of [start!, end!]) {
      expect(of(entries, 'X')).toContainEqual(expect.objectContaining({ pid, tid, ts }));
    }
  });

  it('draws a broadcast as one slice with an arrow for each receiver', () => {
    const entries = entriesOf(normalCase(4, 2));
    expect(of(entries, 's')).toHaveLength(2 * messagesPerSequence(4));
    // Sent: 1 request, 1 pre-prepare, 4 prepares, 4 commits, 4 replies; and each is received.
    expect(of(entries, 'X')).toHaveLength(2 * (14 + messagesPerSequence(4)));
  });

  it('gives a lost message no arrow, and says that it is lost', () => {
    const entries = entriesOf([message({ deliveredAtMs: null })]);
    expect(of(entries, 's')).toEqual([]);
    expect(of(entries, 'i').map(({ name }) => name)).toEqual(['lost: prepare to replica-1']);
  });

  it('ends a view where the next begins, and where the replica crashes', () => {
    const view = (atMs: number, number: number, active: boolean): RunEvent => {
      return { type: 'view', atMs, replica: 1, view: number, active };
    };
    const crash = { type: 'fault', atMs: 9, what: 'crash', replicas: [1, 2], detail: '' } as const;
    const entries = entriesOf([view(1, 1, false), view(4, 1, true), crash]);
    const told = entries
      .filter(({ ph }) => ph === 'B' || ph === 'E')
      .map(({ ph, ts, name }) => `${ph} ${ts} ${name ?? ''}`);
    expect(told).toEqual(['B 1000 view change to 1', 'E 4000 ', 'B 4000 view 1', 'E 9000 ']);
  });

  it('keeps the processes of one scenario apart from those of the next', () => {
    const trace = new ChromeTrace();
    const first = entriesOf([message({})], trace).map(({ pid }) => pid);
    const second = entriesOf([message({})], trace).map(({ pid }) => pid);
    expect(first.filter((pid) => second.includes(pid))).toEqual([]);
  });
});

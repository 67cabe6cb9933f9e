import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClockedLine } from '../../src/cli/clocked-line.ts';
import { type Measure, ProgressLine } from '../../src/cli/progress-line.ts';
import { shareOf } from '../../src/cli/run-progress.ts';
import { standIn } from './stand-in.ts';

const wipe = '\r\u001b[2K';

/** A line on a terminal of so many columns, and what stands there at any time. */
function lineOf(columns: number) {
  const world = standIn({ showsProgress: true });
  const clock = { nowMs: 0 };
  const line = new ProgressLine({ ...world.terminal, columns }, () => clock.nowMs);
  const shown = () => world.stderr().split(wipe).at(-1) ?? '';
  return { line, clock, shown };
}

const half: Measure = { label: 'issuance', share: 0.5, done: 20, total: 40, unit: 'answered' };

describe('a line of progress', () => {
  it('has a bar, the count, its rate and the time left', () => {
    const { line, clock, shown } = lineOf(100);
    line.show({ ...half, share: 0.25, done: 10 });
    clock.nowMs = 2000;
    line.show(half);
    const bar = '█'.repeat(12) + '░'.repeat(12);
    expect(shown()).toBe(`${bar}  50 %  issuance  20 of 40 answered  5/s  2s left`);
  });

  it('goes by what is known of the time left, and leaves out what is not', () => {
    const { line, shown } = lineOf(100);
    line.show({ label: 'exploring', share: 0, done: 3, unit: 'schedules', leftMs: 61_000 });
    expect(shown()).toBe(`${'░'.repeat(24)}  0 %  exploring  3 schedules  1m 01s left`);
  });

  it('counts the rate anew where another scenario begins', () => {
    const { line, clock, shown } = lineOf(100);
    line.show(half);
    clock.nowMs = 1000;
    line.show({ ...half, label: 'another', done: 30 });
    expect(shown()).not.toContain('/s');
  });

  it.each([
    [20, '50 %  2s left  a-sc'],
    [50, '50 %  a-scenario-with-quite-a-long-name  2s left'],
    [70, '50 %  a-scenario-with-quite-a-long-name  20 of 40 answered  2s left'],
    [79, '50 %  a-scenario-with-quite-a-long-name  20 of 40 answered  5/s  2s left'],
  ])('keeps the time left on one line of %i columns', (columns, expected) => {
    const { line, clock, shown } = lineOf(columns);
    const label = 'a-scenario-with-quite-a-long-name';
    line.show({ ...half, label, share: 0.25, done: 10 });
    clock.nowMs = 2000;
    line.show({ ...half, label });
    expect(shown()).toBe(expected);
  });

  it('is drawn ten times a second at most', () => {
    const { line, clock, shown } = lineOf(100);
    line.draw('one');
    clock.nowMs = 99;
    line.draw('two');
    expect(shown()).toBe('one');
    clock.nowMs = 100;
    line.draw('three');
    expect(shown()).toBe('three');
  });
});

describe('the share of a run that is over', () => {
  const crash = { type: 'crash', atMs: 4000, replica: 1 } as const;
  it.each([
    ['what is answered', [], { answered: 10, requests: 40, atMs: 100 }, 0.25],
    ['what is played', [crash], { answered: 40, requests: 40, atMs: 1000 }, 0.25],
    ['the less of both', [crash], { answered: 20, requests: 40, atMs: 4000 }, 0.5],
    ['its duration', [], { answered: 0, requests: 40, atMs: 5000 }, 0.5],
    ['the timeline alone', [crash], { answered: 0, requests: 0, atMs: 2000 }, 0.5],
    ['its end', [], { answered: 0, requests: 40, atMs: 11_000 }, 1],
  ])('goes by %s', (_, timeline, progress, share) => {
    expect(shareOf({ timeline, durationMs: 10_000 }, progress)).toBe(share);
  });
});

describe('a line with a clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells how long it takes already, and what happens above it', () => {
    vi.useFakeTimers();
    const world = standIn({ showsProgress: true });
    const line = new ClockedLine(world.terminal, () => performance.now());
    line.say('starting: 0 of 4 nodes up');
    vi.advanceTimersByTime(3100);
    line.tell('node 1 ended');
    line.say('starting: 1 of 4 nodes up');
    line.clear();
    vi.advanceTimersByTime(3000);
    expect(world.stderr().split(wipe).slice(1)).toEqual([
      'starting: 0 of 4 nodes up  0 s',
      ...Array.from({ length: 15 }, (_, i) => {
        return `starting: 0 of 4 nodes up  ${Math.floor(((i + 1) * 200) / 1000)} s`;
      }),
      'node 1 ended\n',
      'starting: 0 of 4 nodes up  3 s',
      '',
    ]);
  });

  it('says nothing where nobody looks', () => {
    const world = standIn();
    const line = new ClockedLine(world.terminal, () => 0);
    line.say('starting');
    line.tell('node 1 ended');
    line.clear();
    expect(world.stderr()).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import { Allowance } from '../../src/adversaries/allowance.ts';
import { behaviours } from '../../src/adversaries/behaviours.ts';
import { cast, type Role } from '../../src/adversaries/cast.ts';
import { silent } from '../../src/adversaries/silent.ts';
import { window } from '../../src/adversaries/window.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { kitOf, prePrepare, Scripted, startMs, tick, toOthers } from './fakes.ts';

const message: Effect[] = [toOthers(prePrepare(0, 0, 1))];
const script = () => new Array<Effect[]>(8).fill(message);

describe('a window', () => {
  const table = [
    { atMs: 0, speaks: true, why: 'it has not begun' },
    { atMs: 999, speaks: true, why: 'it begins in a millisecond' },
    { atMs: 1000, speaks: false, why: 'it includes its beginning' },
    { atMs: 1999, speaks: false, why: 'it lasts to its end' },
    { atMs: 2000, speaks: true, why: 'it excludes its end' },
  ];
  it.each(table)('lets the villain speak honestly ($speaks) at $atMs ms: $why', (row) => {
    const replica = window(silent(kitOf()), 1000, 2000, startMs)(new Scripted(...script()));
    expect(replica.step(tick, startMs + row.atMs)).toEqual(row.speaks ? message : []);
  });

  it('without an end lasts for ever', () => {
    const replica = window(silent(kitOf()), 0, null, startMs)(new Scripted(...script()));
    expect(replica.step(tick, startMs + 1e9)).toEqual([]);
  });

  it('lets go at its end of what was held back in it, and only then', () => {
    const kit = kitOf({ options: { delayMs: 60_000 } });
    const replica = window(behaviours.delay(kit), 0, 1000, startMs)(new Scripted(message, [], []));
    const sent = [0, 999, 1000, 2000].map((ms) => replica.step(tick, startMs + ms));
    expect(sent).toEqual([[], [], message, []]);
  });

  it('keeps one honest replica inside throughout', () => {
    const honest = new Scripted(...script());
    const replica = window(silent(kitOf()), 1000, 2000, startMs)(honest);
    for (const ms of [0, 1500, 2500]) replica.step(tick, startMs + ms);
    expect(honest.heard).toHaveLength(3);
  });
});

describe('casting', () => {
  const role = (replicas: number[], behaviour: Role['behaviour'], fromMs: number): Role => ({
    replicas,
    behaviour,
    fromMs,
    untilMs: fromMs + 100,
  });

  it('leaves a replica without a role honest', () => {
    expect(cast([role([1], 'silent', 0)], 0, () => kitOf(), startMs)).toBeNull();
  });

  it('plays several roles of one replica, each in its window', () => {
    const roles = [role([0], 'silent', 0), role([0], 'silent', 200)];
    const replica = cast(roles, 0, () => kitOf(), startMs)?.(new Scripted(...script()));
    const speaks = [50, 150, 250, 350].map((ms) => replica?.step(tick, startMs + ms).length);
    expect(speaks).toEqual([0, 1, 0, 1]);
  });

  it('makes those who play the same part conspirators, wherever they are listed', () => {
    const roles = [role([3], 'collude', 0), role([1], 'silent', 0), role([0, 3], 'collude', 9)];
    const seen: (readonly number[])[] = [];
    cast(
      roles,
      0,
      (_, conspirators) => {
        seen.push(conspirators);
        return kitOf();
      },
      startMs,
    );
    expect(seen).toEqual([[0, 3]]);
  });
});

describe('an allowance', () => {
  it('gives its burst at once, then its rate, and nothing for a clock that went back', () => {
    const allowance = new Allowance(10, 3);
    const take = (nowMs: number) => allowance.take(nowMs);
    expect([0, 0, 0, 0].map(take)).toEqual([true, true, true, false]);
    expect([50, 100, 100].map(take)).toEqual([false, true, false]);
    expect([0, 199, 200].map(take)).toEqual([false, false, true]);
  });
});

import { expect, it } from 'vitest';
import type { LiveSettled } from '../../src/daemon/live.ts';
import { SettledReports } from '../../src/daemon/settled-reports.ts';
import type { Timers } from '../../src/runtime/ports.ts';

function heldTimers() {
  const due: (() => void)[] = [];
  const timers: Timers = {
    after(_, call) {
      due.push(call);
      return () => void due.splice(due.indexOf(call) >>> 0, 1);
    },
  };
  return { due, timers };
}

const settled = (i: number): LiveSettled => {
  return { kind: 'issued', text: `request ${i}`, serial: null, latencyMs: i };
};

it('tells what was answered within a moment in one report, in order', () => {
  const { due, timers } = heldTimers();
  const posts: (readonly LiveSettled[])[] = [];
  const reports = new SettledReports(timers, (post) => posts.push(post));
  for (let i = 0; i < 3; i++) reports.add(settled(i));
  expect(posts).toEqual([]);
  expect(due).toHaveLength(1);
  due.splice(0)[0]?.();
  expect(posts).toEqual([[0, 1, 2].map(settled)]);
  reports.add(settled(3));
  due.splice(0)[0]?.();
  expect(posts[1]).toEqual([settled(3)]);
});

it('holds a bounded number of them', () => {
  const { due, timers } = heldTimers();
  const posts: (readonly LiveSettled[])[] = [];
  const reports = new SettledReports(timers, (post) => posts.push(post));
  for (let i = 0; i < 300; i++) reports.add(settled(i));
  expect(posts.map((post) => post.length)).toEqual([256]);
  expect(due).toHaveLength(1);
});

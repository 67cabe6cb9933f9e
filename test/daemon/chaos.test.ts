import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { Chaos, type Victim } from '../../src/daemon/chaos.ts';

interface Patient extends Victim {
  pid: number | null;
  isUp: boolean;
  suspended: boolean;
}

/** Processes in virtual time: what is killed or stopped is up again after two seconds. */
function ward(count: number, atOnce: number, seed: number) {
  let nowMs = 0;
  let nextPid = count;
  let mostDown = 0;
  const told: { readonly signal: string; readonly name: string }[] = [];
  const queue: { readonly atMs: number; readonly action: () => void }[] = [];
  const timers = {
    after(delayMs: number, action: () => void) {
      const entry = { atMs: nowMs + delayMs, action };
      queue.push(entry);
      return () => void queue.splice(queue.indexOf(entry) >>> 0, 1);
    },
  };
  const patients = Array.from({ length: count }, (_, i): Patient => {
    return { name: `node ${i}`, pid: i, isUp: true, suspended: false };
  });
  const down = () => patients.filter(({ isUp, suspended }) => !isUp || suspended).length;
  const signal = (pid: number, name: NodeJS.Signals) => {
    const patient = patients.find((one) => one.pid === pid);
    expect(patient, `${name} to a process of ours`).toBeDefined();
    if (patient === undefined) return;
    told.push({ signal: name, name: patient.name });
    if (name === 'SIGSTOP' || name === 'SIGCONT') patient.suspended = name === 'SIGSTOP';
    else {
      Object.assign(patient, { pid: null, isUp: false });
      timers.after(2000, () => Object.assign(patient, { pid: nextPid++, isUp: true }));
    }
    mostDown = Math.max(mostDown, down());
  };
  const random = new Random(seed);
  const onNotice = () => undefined;
  const chaos = new Chaos({ victims: patients, atOnce, random, timers, signal, onNotice });
  const run = (forMs: number) => {
    const untilMs = nowMs + forMs;
    for (;;) {
      const due = queue.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined || due.atMs > untilMs) break;
      queue.splice(queue.indexOf(due), 1);
      nowMs = due.atMs;
      due.action();
    }
    nowMs = untilMs;
  };
  return { chaos, run, told, patients, queue, mostDown: () => mostDown };
}

test('every kind of harm comes to every node, and never to more than f at once', () => {
  for (const [count, f] of [
    [4, 1],
    [7, 2],
  ] as const) {
    const { chaos, run, told, mostDown } = ward(count, f, 1);
    chaos.start();
    run(3_600_000);
    expect(new Set(told.map(({ name }) => name)).size).toBe(count);
    const kinds = new Set(told.map(({ signal }) => signal));
    expect([...kinds].toSorted()).toEqual(['SIGCONT', 'SIGKILL', 'SIGSTOP', 'SIGTERM']);
    expect(mostDown()).toBe(f);
  }
});

test('when it stops, who stands still is woken and nothing happens any more', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { chaos, run, told, patients } = ward(4, 1, seed);
    chaos.start();
    run(15_000);
    chaos.stop();
    expect(patients.some(({ suspended }) => suspended)).toBe(false);
    const before = told.length;
    run(3_600_000);
    expect(told).toHaveLength(before);
  }
});

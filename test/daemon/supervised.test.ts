import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { Supervised } from '../../src/daemon/supervised.ts';
import { temporaryDirectory } from './directories.ts';
import type { FixtureConfig } from './fixture-process.ts';
import { isAlive, until } from './waiting.ts';

function supervised(behaviour: FixtureConfig['behaviour']) {
  const diary = join(temporaryDirectory(), 'diary');
  const notices: string[] = [];
  const one = new Supervised<FixtureConfig, { readonly pid: number }>({
    name: 'fixture',
    entry: new URL('./fixture-process.ts', import.meta.url),
    config: { diary, behaviour },
    log: pino({ level: 'silent' }),
    onNotice: (text) => notices.push(text),
  });
  onTestFinished(() => one.stop());
  const words = () => (existsSync(diary) ? readFileSync(diary, 'utf8').trim().split('\n') : []);
  return { one, notices, words };
}

test('a process that is killed is started again, and each time it waits longer', async () => {
  const { one, notices, words } = supervised('serve');
  const first = await one.start();
  expect(first.pid).toBe(one.pid);
  for (const starts of [2, 3]) {
    process.kill(one.pid ?? 0, 'SIGKILL');
    await until(() => words().length === starts && one.isUp);
  }
  expect(words()).toEqual(['start', 'start', 'start']);
  expect(notices.filter((text) => text.includes('is up again'))).toHaveLength(2);
  const waits = notices.flatMap((text) => /SIGKILL\).* in (\d+) ms/.exec(text)?.[1] ?? []);
  expect(waits).toHaveLength(2);
  expect(Number(waits[0])).toBeLessThanOrEqual(250);
  expect(Number(waits[1])).toBeGreaterThanOrEqual(250);
});

test('a process that gets SIGTERM stops in order, and another takes its place', async () => {
  const { one, words } = supervised('serve');
  const { pid } = await one.start();
  process.kill(pid, 'SIGTERM');
  await until(() => one.isUp && one.pid !== pid);
  expect(words()).toEqual(['start', 'stop', 'start']);
});

test('draining and stopping end the process, and nothing is started any more', async () => {
  const { one, notices, words } = supervised('serve');
  const { pid } = await one.start();
  await one.drain();
  expect(words()).toEqual(['start', 'drain']);
  expect(isAlive(pid)).toBe(true);
  await one.stop();
  expect(isAlive(pid)).toBe(false);
  expect(words()).toEqual(['start', 'drain', 'stop']);
  expect(notices).toEqual([]);
});

test('what a process says it cannot start for is said at once, and not tried again', async () => {
  const { one, words } = supervised('refuse');
  await expect(one.start()).rejects.toThrow('the key is no key');
  expect(words()).toEqual(['start']);
});

test('a process that never comes up is given up after three attempts, with its words', async () => {
  const { one, words } = supervised('crash');
  await expect(one.start()).rejects.toThrow('a bug of its own');
  expect(words()).toEqual(['start', 'start', 'start']);
});

test('a process that waits to be started again is not, once it is told to stop', async () => {
  const { one, words } = supervised('crash');
  const started = one.start();
  await until(() => words().length === 1 && one.pid === null);
  await one.stop();
  await expect(started).rejects.toThrow('fixture was stopped');
  expect(words()).toEqual(['start']);
});

test('a process that is still starting is not waited for when it is told to stop', async () => {
  const { one, words } = supervised('dawdle');
  const started = one.start();
  await until(() => words().includes('start'));
  const { pid } = one;
  await Promise.all([one.stop(), expect(started).rejects.toThrow('SIGKILL')]);
  expect(isAlive(pid ?? 0)).toBe(false);
  expect(words()).toEqual(['start']);
});

test('what is stopped before it was started is stopped, and that is no error', async () => {
  const { one, words } = supervised('serve');
  await one.stop();
  expect(one.pid).toBe(null);
  expect(words()).toEqual([]);
});

test('when the parent is killed its processes stop in order', async () => {
  const diary = join(temporaryDirectory(), 'diary');
  const entry = new URL('./fixture-parent.ts', import.meta.url);
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const parent = fork(entry, [diary], { execArgv: [], stdio: [...stdio] });
  const [{ pid }] = (await once(parent, 'message')) as [{ readonly pid: number }];
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid));
  expect(readFileSync(diary, 'utf8').trim().split('\n')).toEqual(['start', 'stop']);
});

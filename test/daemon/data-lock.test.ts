import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { DataLock } from '../../src/daemon/data-lock.ts';
import { temporaryDirectory } from './directories.ts';

/** Another process that holds the lock of `directory`. */
async function holderOf(directory: string): Promise<ChildProcess> {
  const entry = new URL('./fixture-holder.ts', import.meta.url);
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const holder = fork(entry, [directory], { execArgv: [], stdio: [...stdio] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder, 'message');
  return holder;
}

test('a directory that another process uses is refused, with the pid of that process', async () => {
  const directory = temporaryDirectory();
  const holder = await holderOf(directory);
  const refusal = `another process uses it (pid ${holder.pid}); stop that one first`;
  await expect(DataLock.acquire(directory, 0)).rejects.toThrow(refusal);
});

test('the lock of a process that was killed is free, and a patient one waits for it', async () => {
  const directory = temporaryDirectory();
  const holder = await holderOf(directory);
  const patient = DataLock.acquire(directory, 50_000);
  holder.kill('SIGKILL');
  const lock = await patient;
  await expect(DataLock.acquire(directory, 0)).rejects.toThrow(`pid ${process.pid}`);
  await lock.release();
  await (await DataLock.acquire(directory, 0)).release();
});

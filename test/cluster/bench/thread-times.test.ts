import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noThreadTimes, threadTimes } from '../../../src/cluster/bench/thread-times.ts';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'threads-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function thread(id: number, name: string, onCoreMs: number): void {
  mkdirSync(join(directory, `${id}`));
  writeFileSync(join(directory, `${id}`, 'comm'), `${name}\n`);
  writeFileSync(join(directory, `${id}`, 'schedstat'), `${onCoreMs * 1e6} 777 3\n`);
}

it('adds up the threads of a process by what they are for', () => {
  thread(10, 'node', 50);
  thread(11, 'V8Worker', 3);
  thread(12, 'V8Worker', 4);
  thread(13, 'libuv-worker', 5);
  thread(14, 'WorkerThread', 6);
  thread(15, 'node', 7);
  mkdirSync(join(directory, '16')); // ended while it was looked at
  const times = threadTimes(directory, 10);
  expect(times).toEqual({ main: 50, engine: 7, disk: 5, checks: 6, other: 7 });
});

it('tells nothing where the system does not', () => {
  expect(threadTimes(join(directory, 'nowhere'), 10)).toEqual(noThreadTimes);
});

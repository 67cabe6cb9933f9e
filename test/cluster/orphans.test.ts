import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isAlive, isThere, until } from './fixtures.ts';

test('when the parent is killed its replicas end and take their files with them', async () => {
  const entry = new URL('./fixture-parent.ts', import.meta.url);
  const parent = fork(entry, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [up] = (await once(parent, 'message')) as [{ pids: number[]; directory: string }];
  expect(up.pids.filter(isAlive)).toHaveLength(4);
  expect(isThere(up.directory)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await until(() => up.pids.every((pid) => !isAlive(pid)) && !isThere(up.directory));
});

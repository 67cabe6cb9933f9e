import { appendFileSync } from 'node:fs';
import { runChildProcess } from '../../src/daemon/child-main.ts';
import { DaemonRefusal } from '../../src/daemon/refusal.ts';

/** What a process of the tests is to do. */
export interface FixtureConfig {
  /** Where it writes what happens to it, a word per line. */
  readonly diary: string;
  readonly behaviour: 'serve' | 'refuse' | 'crash' | 'hang' | 'dawdle';
}

/** Stands in for a node where only its process matters. */
runChildProcess<FixtureConfig, { readonly pid: number }>(async ({ diary, behaviour }) => {
  const note = (word: string) => appendFileSync(diary, `${word}\n`);
  note('start');
  if (behaviour === 'refuse') throw new DaemonRefusal('badInput', 'the key is no key');
  if (behaviour === 'crash') throw new Error('a bug of its own');
  const timer = setInterval(() => undefined, 1000); // what runs keeps its process
  if (behaviour === 'dawdle') await new Promise(() => undefined);
  return {
    up: { pid: process.pid },
    drain: async () => note('drain'),
    async stop() {
      if (behaviour === 'hang') await new Promise(() => undefined);
      clearInterval(timer);
      note('stop');
    },
  };
});

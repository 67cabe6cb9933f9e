import { pino } from 'pino';
import { Supervised } from '../../src/daemon/supervised.ts';
import type { FixtureConfig } from './fixture-process.ts';

// A parent that says which process it runs, and then does nothing until it is killed.
const one = new Supervised<FixtureConfig, { readonly pid: number }>({
  name: 'fixture',
  entry: new URL('./fixture-process.ts', import.meta.url),
  config: { diary: process.argv[2] ?? '', behaviour: 'serve' },
  log: pino({ level: 'silent' }),
  onNotice: () => undefined,
});
process.send?.(await one.start());

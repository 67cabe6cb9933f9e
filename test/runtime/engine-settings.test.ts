import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { engineSettings, overridesIn, settingsFor } from '../../src/runtime/engine-settings.ts';

const entries = [
  'cli/main',
  'daemon/node-process',
  'daemon/trustchain-process',
  'cluster/replica-process',
  'cluster/bench/replica-process',
  'cluster/bench/load-process',
];
const flag = '--external-memory-accounted-in-global-limit';
const knowsTheFlag = settingsFor([], process.versions.v8).length > 0;

interface Told {
  readonly flag: string;
  readonly collections: number;
}

/** What a process says first, started with these options of Node. */
async function firstWord(url: URL, execArgv: readonly string[], ...args: string[]): Promise<Told> {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = fork(url, args, { execArgv: [...execArgv], stdio: [...stdio] });
  const [told] = (await once(child, 'message')) as [Told];
  child.kill('SIGKILL');
  return told;
}

test.skipIf(!knowsTheFlag).each(entries)('the process %s runs with the settings', async (entry) => {
  const probe = fileURLToPath(new URL('./fixture-engine-flags.ts', import.meta.url));
  const url = new URL(`../../src/${entry}.ts`, import.meta.url);
  const told = await firstWord(url, ['--import', probe], '--version');
  expect(told.flag).toBe(engineSettings[0]?.flag);
});

test.skipIf(!knowsTheFlag)('array buffers alone no longer begin full collections', async () => {
  const url = new URL('./fixture-array-buffers.ts', import.meta.url);
  const plain = await firstWord(url, []);
  const tuned = await firstWord(url, [], 'tuned');
  expect(tuned.collections).toBeLessThan(plain.collections / 2);
});

test('an engine too old for a setting is not asked for it', () => {
  expect(settingsFor([], '12.4.254.21-node.33')).toEqual([]);
  expect(settingsFor([], '13.5.9')).toEqual([]);
  for (const version of ['13.6.233.17-node.28', '14.1.146.11']) {
    expect(settingsFor([], version)).toEqual(engineSettings);
  }
});

test('the command line has its way, and processes started here hear of it', () => {
  for (const given of [flag, '--no-external-memory-accounted-in-global-limit', `${flag}=false`]) {
    expect(settingsFor(['--inspect', given], '13.6')).toEqual([]);
    expect(overridesIn(['--inspect', given])).toEqual([given]);
  }
  expect(settingsFor(['--no-noise', '--max-semi-space-size=16'], '13.6')).toEqual(engineSettings);
});

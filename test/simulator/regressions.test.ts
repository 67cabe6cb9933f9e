import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/scenario/exit-code.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { runInSimulator } from '../../src/simulator/run.ts';

const folder = new URL('../../scenarios/regressions/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test.each(files)('%s: what was once found stays mended', async (file) => {
  const parsed = parseScenarios(file, readFileSync(new URL(file, folder), 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  expect(parsed.scenarios.length).toBeGreaterThan(0);
  for (const scenario of parsed.scenarios) {
    const { result } = await runInSimulator(scenario, {});
    expect(result.violations).toEqual([]);
    expect(exitCodeOf(result)).toBe(0);
  }
});

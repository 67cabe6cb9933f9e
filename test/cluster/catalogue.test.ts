import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runOnCluster } from '../../src/cluster/index.ts';
import { exitCodeOf } from '../../src/scenario/exit-code.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { onLibp2p } from './catalogue.ts';

const top = new URL('../../', import.meta.url);
/** Only an end for what would never end: a machine with too much to do takes its time. */
const patience = 10;

function scenarioOf(file: string, name: string): Scenario {
  const text = readFileSync(new URL(`scenarios/${file}`, top), 'utf8');
  const parsed = parseScenarios(file, text, { transport: 'libp2p' });
  const found = parsed.ok ? parsed.scenarios.find((scenario) => scenario.name === name) : undefined;
  if (found === undefined) throw new Error(`${file} has no scenario ${name}`);
  return { ...found, durationMs: found.durationMs * patience };
}

describe('the part of the catalogue that is played over libp2p', { timeout: 900_000 }, () => {
  test('is the one the README names', () => {
    const readme = readFileSync(new URL('README.md', top), 'utf8');
    const named = onLibp2p.map(({ name }) => `\`${name}\``);
    expect(readme).toContain(`${named.slice(0, -1).join(', ')} and ${named.at(-1)}`);
  });

  test.each(onLibp2p)('$name ends as it says on real processes', async ({ file, name }) => {
    const { result } = await runOnCluster(scenarioOf(file, name), {});
    const broken = result.expectations.filter(({ held }) => !held);
    expect({ outcome: result.outcome, broken, violations: result.violations }).toEqual({
      outcome: 'passed',
      broken: [],
      violations: [],
    });
    expect(exitCodeOf(result)).toBe(0);
  });
});

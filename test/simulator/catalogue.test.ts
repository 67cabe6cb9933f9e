import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/scenario/exit-code.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { runInSimulator } from '../../src/simulator/run.ts';

const folder = new URL('../../scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const catalogue = files.flatMap((file) => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const parsed = parseScenarios(file, text, { transport: 'simulated' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  // What goes before a document's first key: its comment, which says why the scenario is here.
  const openings = text.split(/^---$/m).map((document) => document.trimStart());
  return parsed.scenarios.map((scenario, i) => ({ file, scenario, opening: openings[i] ?? '' }));
});

// Some of these are minutes of a small cluster's life; a busy machine takes its time over them.
describe('the catalogue of scenarios', { timeout: 600_000 }, () => {
  test('has every name once', () => {
    const names = catalogue.map(({ scenario }) => scenario.name);
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThan(60);
  });

  test.each(catalogue)('$file $scenario.name opens with why it is here', ({ opening }) => {
    expect(opening).toMatch(/^# .{20}/);
  });

  test.each(catalogue)('$file $scenario.name ends as it says', async ({ scenario }) => {
    const { result } = await runInSimulator(scenario, {});
    const broken = result.expectations.filter(({ held }) => !held);
    expect({ outcome: result.outcome, broken }).toEqual({
      outcome: scenario.expect.outcome,
      broken: [],
    });
    expect(exitCodeOf(result)).toBe(0);
  });
});

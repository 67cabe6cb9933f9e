import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ExploreCommandOptions, exploreCommand } from '../../src/cli/explore-command.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { Explored, ExploreOptions } from '../../src/simulator/explorer/explore.ts';
import { standIn, temporaryDirectory } from './stand-in.ts';

function scenario(): Scenario {
  const parsed = parseScenarios('a.yaml', 'name: broken\nseed: 5\ntimeline: [{at: 1s, crash: 1}]');
  if (!parsed.ok) throw new Error('a wrong scenario');
  return parsed.scenarios[0]!;
}

const nothing: Explored = {
  schedules: 120,
  schedulesPerSecond: 60.5,
  deliveriesPerSecond: 9000,
  features: 33,
  violations: 0,
  found: [],
  deliveries: 18_000,
  missed: [],
  census: { schedules: 120, recall: {}, suspicion: {}, wronglyAccused: 0 },
};

function withViolation(): Explored {
  const violation = {
    checker: 'agreement',
    sequence: 4,
    replicas: [1, 2],
    atMs: 812,
    detail: 'two batches',
  };
  const found = {
    scenario: scenario(),
    checker: 'agreement',
    atoms: 3,
    violation,
    trace: ['811 ms  1 decided 4'],
    schedule: 17,
  };
  return { ...nothing, violations: 1, found: [found] };
}

async function explore(
  explored: Explored,
  change: Partial<ExploreCommandOptions> = {},
  interrupted = false,
) {
  const out = join(temporaryDirectory(), 'found');
  const asked: ExploreOptions[] = [];
  const loadExplorer = async () => async (options: ExploreOptions) => {
    asked.push(options);
    return explored;
  };
  const bare = standIn();
  if (interrupted) bare.interrupt();
  const world = { ...bare, version: '1.2.3', loadExplorer };
  const options: ExploreCommandOptions = { seed: 9, replicas: [4, 7], out, ...change };
  const code = await exploreCommand(options, world);
  return { code, out, asked: asked[0]!, stdout: world.stdout(), stderr: world.stderr() };
}

describe('hypermesh explore', () => {
  it('says that it is partial when it was interrupted, in words and in JSON', async () => {
    const { code, stdout } = await explore(nothing, {}, true);
    expect(code).toBe(130);
    expect(stdout).toContain('interrupted: what follows is partial\nno violation');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ partial: true });
  });

  it('exits 0 when nothing broke, writes no file, and ends stdout with JSON', async () => {
    const { code, out, stdout } = await explore(nothing);
    expect(code).toBe(0);
    expect(existsSync(out)).toBe(false);
    expect(stdout).toMatch(/^no violation\n/);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toEqual({
      census: nothing.census,
      schedules: 120,
      schedulesPerSecond: 60.5,
      deliveriesPerSecond: 9000,
      violations: [],
      missed: [],
    });
  });

  it('exits 3 for a violation and leaves a scenario file that says where it is from', async () => {
    const { code, out, stdout } = await explore(withViolation());
    const file = join(out, 'agreement-seed-9-1.yaml');
    expect(code).toBe(3);
    expect(readdirSync(out)).toEqual(['agreement-seed-9-1.yaml']);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# Found by hypermesh 1\.2\.3, explore --seed 9, in schedule 17\.\n/);
    expect(text).toContain('# 811 ms  1 decided 4\n');
    expect(parseScenarios(file, text)).toEqual({ ok: true, scenarios: [scenario()] });
    expect(stdout).toContain(`again: npx hypermesh run ${file}`);
    expect(stdout).toContain('agreement at sequence 4, replicas 1 and 2 after 812 ms: two batches');
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(last.violations).toEqual([{ file, checker: 'agreement', atoms: 3 }]);
  });

  it('leaves a scenario of a liar that got away, and calls that no violation', async () => {
    const liar = {
      scenario: scenario(),
      replica: 2,
      type: 'conflictingCommit',
      schedule: 8,
    } as const;
    const { code, out, stdout } = await explore({ ...nothing, missed: [liar] });
    const file = join(out, 'missed-conflictingCommit-seed-9-1.yaml');
    expect(code).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(
      'two correct replicas held a whole proof of conflictingCommit by replica 2',
    );
    expect(parseScenarios(file, text)).toEqual({ ok: true, scenarios: [scenario()] });
    expect(stdout).toContain('replica 2 got away with conflictingCommit in schedule 8');
    expect(stdout).toContain(`again: npx hypermesh run ${file}`);
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(last.missed).toEqual([{ file, replica: 2, type: 'conflictingCommit' }]);
  });

  it('leaves stdout to the machine with --json', async () => {
    const { stdout, stderr } = await explore(nothing, { json: true });
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/^no violation\n/);
  });

  it('looks for a minute unless told how long or how often', async () => {
    expect((await explore(nothing)).asked.forMs).toBe(60_000);
    const { asked } = await explore(nothing, { runs: 5 });
    expect(asked).toMatchObject({ runs: 5, seed: 9, replicas: [4, 7] });
    expect(asked).not.toHaveProperty('forMs');
    expect((await explore(nothing, { runs: 5, for: 10 })).asked).toMatchObject({ forMs: 10 });
  });
});

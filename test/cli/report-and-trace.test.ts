import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandFailure } from '../../src/cli/failure.ts';
import { newCommand } from '../../src/cli/new-command.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { scenarioTemplate } from '../../src/scenario/template.ts';
import { runInSimulator } from '../../src/simulator/run.ts';
import { standIn, temporaryDirectory, writeScenario } from './stand-in.ts';

const failureOf = (action: () => unknown) => {
  try {
    action();
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

describe('hypermesh run --report', () => {
  it('writes the report of one scenario into the file', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: alone\nworkload: {requests: 2}');
    const report = join(directory, 'run.html');
    expect(await runCommand([file], { report }, standIn())).toBe(0);
    const html = readFileSync(report, 'utf8');
    expect(html).toContain('<title>alone: passed</title>');
    expect(html).toContain('Made by hypermesh 1.2.3 from 0 messages and 2 other events');
    expect(readdirSync(directory).sort()).toEqual(['a.yaml', 'run.html']);
  });

  it('writes a page for each of several scenarios, and one that lists them', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: one\n---\nname: stuck\n---\nname: one');
    const report = join(directory, 'run.html');
    await runCommand([file], { report }, standIn());
    const list = readFileSync(report, 'utf8');
    const links = [...list.matchAll(/href="([^"]+)"/g)].map(([, href]) => href!);
    expect(links).toEqual(['run-one.html', 'run-stuck.html', 'run-one-2.html']);
    const titles = links.map(
      (link) => /<title>(.*)<\/title>/.exec(readFileSync(join(directory, link), 'utf8'))?.[1],
    );
    expect(titles).toEqual(['one: passed', 'stuck: stalled', 'one: passed']);
  });

  it('says before anything runs that a path cannot be written, or is stdout twice', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: a\n---\nname: b');
    let runs = 0;
    const world = standIn({
      run: async () => {
        runs++;
        throw new Error('it ran');
      },
    });
    const missing = join(directory, 'missing', 'run.html');
    await expect(runCommand([file], { report: missing }, world)).rejects.toThrow(
      /--report .*ENOENT/,
    );
    await expect(runCommand([file], { report: '-' }, world)).rejects.toThrow(/name a file/);
    expect(runs).toBe(0);
  });
});

describe('hypermesh run --trace FILE.json', () => {
  it('writes one JSON object for Perfetto, of all scenarios', async () => {
    const directory = temporaryDirectory();
    const text = 'name: a\nworkload: {requests: 2}\n---\nname: b\nworkload: {requests: 1}';
    const file = writeScenario(directory, 'a.yaml', text);
    const trace = join(directory, 'trace.json');
    await runCommand([file], { trace }, standIn());
    const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8'));
    const spans = traceEvents.filter(({ ph }: { ph: string }) => ph === 'b');
    expect(spans).toHaveLength(3);
  });
});

describe('hypermesh new', () => {
  it('writes a scenario that parses, and passes', async () => {
    const file = join(temporaryDirectory(), 'mine.yaml');
    const world = standIn({ run: runInSimulator });
    expect(newCommand(file, world.terminal)).toBe(0);
    expect(await runCommand([file], {}, world)).toBe(0);
    expect(world.stdout()).toContain('PASSED  my-first-scenario');
  });

  it('never writes over a file that exists', () => {
    const file = join(temporaryDirectory(), 'mine.yaml');
    writeFileSync(file, 'mine');
    const failure = failureOf(() => newCommand(file, standIn().terminal));
    expect(failure.exitCode).toBe(64);
    expect(failure.message).toMatch(
      /mine\.yaml: cannot be written \(EEXIST: file already exists\)/,
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('prints to stdout for -', () => {
    const world = standIn();
    newCommand('-', world.terminal);
    expect(world.stdout()).toBe(scenarioTemplate);
    expect(existsSync('-')).toBe(false);
  });

  it('mentions every key and every behaviour of the format', () => {
    const keys = Object.keys((scenarioSchema as { properties: object }).properties);
    const schema = JSON.stringify(scenarioSchema);
    for (const key of keys) expect(scenarioTemplate, key).toMatch(new RegExp(`^(# )?${key}:`, 'm'));
    for (const name of ['equivocate', 'twins', 'lieInStateTransfer', 'mutate']) {
      expect(schema).toContain(`"${name}"`);
      expect(scenarioTemplate).toContain(name);
    }
  });

  it('offers only what the format allows: every commented line parses when it is not one', () => {
    const lines = scenarioTemplate
      .split('\n')
      .map((line) => line.replace(/^(\s*)# (?= *[\w-]+:| *- \{)/, '$1'));
    const parsed = parseScenarios('all.yaml', lines.join('\n'));
    expect(parsed.ok ? [] : parsed.problems).toEqual([]);
  });
});

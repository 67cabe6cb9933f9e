import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BenchCommandOptions,
  benchCommand,
  type RunBench,
} from '../../src/cli/bench-command.ts';
import { type BenchPlan, defaultPlan } from '../../src/cluster/bench/plan.ts';
import { type BenchResult, resultOf } from '../../src/cluster/bench/result.ts';
import { standIn, temporaryDirectory } from './stand-in.ts';

const options: BenchCommandOptions = {
  replicas: 4,
  clients: 64,
  via: 'libp2p',
  links: 4,
  for: 30_000,
  warmUp: 5000,
  requestBatch: 1,
  storage: 'level',
  seed: 1,
};

function resultWith(changes: Partial<BenchResult> = {}): BenchResult {
  const load = {
    windowMs: 30_000,
    answered: 30_000,
    verified: 30_000,
    errors: {},
    latencyMs: { p50: 20, p90: 40, p99: 60, max: 90 },
    answeredPerTenth: [],
    longestSilenceMs: 0,
    madeInWindow: 0,
    requestBytes: 2186,
    cpuMs: 1,
  };
  const yardstick = { cores: 2, verifyUs: 150, hashUs: 2, hashes: 60, requestBatch: 1 };
  const measured = { load, spent: [], yardstick, partial: false };
  return { ...resultOf(defaultPlan, measured), ...changes };
}

const giving =
  (result: BenchResult | null, seen: (plan: BenchPlan) => void = () => undefined) =>
  async (): Promise<RunBench> =>
  async (plan) => {
    seen(plan);
    return result;
  };

describe('hypermesh bench', () => {
  it('measures what it is told to, and tells it on stdout', async () => {
    const plans: BenchPlan[] = [];
    const world = standIn();
    const asked = { ...options, rate: 300, opaque: 1024, clients: 2 };
    expect(
      await benchCommand(
        asked,
        world,
        giving(resultWith(), (p) => plans.push(p)),
      ),
    ).toBe(0);
    expect(plans[0]).toMatchObject({
      ratePerSecond: 300,
      work: { type: 'opaque', sizeBytes: 1024 },
      links: 2,
      forMs: 30_000,
    });
    expect(world.stdout()).toMatch(/^1,000 validations per second over 30\.0 s\n/);
    expect(world.stdout()).toMatch(/54 % of 1,851\.9 per second/);
    expect(world.stdout()).toMatch(/1 bit of work/);
    expect(world.stderr()).toBe('');
  });

  it('asks over HTTP when told to, which only takes validations', async () => {
    const plans: BenchPlan[] = [];
    const load = giving(resultWith({ via: 'http' }), (p) => plans.push(p));
    const world = standIn();
    expect(await benchCommand({ ...options, via: 'http' }, world, load)).toBe(0);
    expect(plans[0]).toMatchObject({ via: 'http' });
    expect(world.stdout()).toMatch(/, over HTTP at the nodes' doors; journal/);
    const both = { ...options, via: 'http', opaque: 1024 } as const;
    await expect(benchCommand(both, standIn(), load)).rejects.toThrow(/--via http: found --opaque/);
    expect(plans).toHaveLength(1);
  });

  it('writes one line of JSON with the names of the contract', async () => {
    const file = join(temporaryDirectory(), 'bench.json');
    await benchCommand({ ...options, json: file }, standIn(), giving(resultWith()));
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines).toHaveLength(2);
    const written = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    const names = ['replicas', 'clients', 'seconds', 'throughputPerSecond', 'latencyMs'];
    names.push('limitPerSecond', 'shareOfLimit', 'errors', 'verifiedAnswers', 'stages');
    expect(Object.keys(written)).toEqual(expect.arrayContaining(names));
    expect(Object.keys(written.latencyMs as object)).toEqual(['p50', 'p90', 'p99', 'max']);
  });

  it('keeps stdout for the JSON when that goes there', async () => {
    const world = standIn();
    await benchCommand({ ...options, json: '-', profile: true }, world, giving(resultWith()));
    expect(world.stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(world.stdout())).toMatchObject({ throughputPerSecond: 1000 });
    expect(world.stderr()).toMatch(/^stage /m);
  });

  it('prints every stage of the profile when asked', async () => {
    const world = standIn();
    await benchCommand({ ...options, profile: true }, world, giving(resultWith()));
    const stages = 'decode verify proofs consensus journal execute encode send'.split(' ');
    for (const stage of stages) expect(world.stdout()).toMatch(new RegExp(`^${stage} `, 'm'));
  });

  it.each([
    ['with errors', resultWith({ errors: 3, errorsByReason: { timeout: 3 } }), 1],
    ['without any answer', resultWith({ verifiedAnswers: 0 }), 2],
  ])('says by its exit code that it ended %s', async (_, result, code) => {
    expect(await benchCommand(options, standIn(), giving(result))).toBe(code);
  });

  it('says that an interrupted measurement is partial', async () => {
    const world = standIn();
    world.interrupt();
    const result = resultWith({ partial: true, seconds: 3 });
    expect(await benchCommand(options, world, giving(result))).toBe(130);
    expect(world.stdout()).toMatch(/over 3\.0 s \(interrupted\)/);
    const early = standIn();
    early.interrupt();
    expect(await benchCommand(options, early, giving(null))).toBe(130);
    expect(early.stderr()).toMatch(/interrupted before/);
  });
});

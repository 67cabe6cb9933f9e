import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, certificate, expectProblem } from './asking.ts';
import { certificateBody } from './bodies.ts';
import { HttpCluster } from './cluster.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const why = hasPromtool ? '' : ' (skipped: promtool of Debian package prometheus is not here)';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string }[];
}

const file = new URL('../../examples/grafana/hypermesh-node.json', import.meta.url);
const dashboard: {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string }[] };
} = JSON.parse(readFileSync(file, 'utf8'));

const queries = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets),
  ...dashboard.annotations.list,
].map(({ expr }) => expr);

describe('the metrics of a node', () => {
  let cluster: HttpCluster;
  beforeAll(async () => {
    cluster = await HttpCluster.start();
    const good = await certificateBody(cluster.server());
    await ask(cluster, 'POST', certificate, { payload: good });
    const poor = await certificateBody(cluster.server(), { change: { stakeAmount: 1 } });
    await ask(cluster, 'POST', certificate, { payload: poor });
    const other = { ...good, validation_context: { ca_id: 'other' } };
    expectProblem(await ask(cluster, 'POST', certificate, { payload: other }), 409, 'conflict');
  });
  afterAll(() => cluster.stop());

  it('count what happened, and nothing else', async () => {
    const text = (await ask(cluster, 'GET', '/metrics')).body;
    const value = (series: string) => Number(text.split(`\n${series} `)[1]?.split('\n')[0]);
    expect(value('hypermesh_validations_total{status="valid"}')).toBe(1);
    expect(value('hypermesh_validations_total{status="invalid"}')).toBe(1);
    expect(value('hypermesh_proof_failures_total{proof="stake"}')).toBe(1);
    expect(value('hypermesh_consensus_duration_seconds_count')).toBe(2);
    expect(value('hypermesh_conflicts_total')).toBe(1);
    expect(value('hypermesh_kept_answers')).toBe(2);
    expect(value('hypermesh_validators')).toBe(4);
    expect(value('hypermesh_quorum')).toBe(3);
    expect(value('hypermesh_sequence')).toBeGreaterThanOrEqual(2);
    expect(value('hypermesh_executed_operations_total')).toBeGreaterThanOrEqual(2);
    expect(value('hypermesh_work_difficulty')).toBe(14);
    expect(value('hypermesh_evidence_total{kind="conflictingPrepare"}')).toBe(0);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('say the same as JSON', async () => {
    const json = (await ask(cluster, 'GET', '/consensus/metrics')).json();
    expect(json).toMatchObject({
      validations: { valid: 1, invalid: 1, pending: 0, error: 0 },
      proof_failures: { stake: 1 },
      conflicts: 1,
      kept_answers: 2,
      epoch: 0,
    });
    expect(json.latency_ms.count).toBe(2);
    expect(json.latency_ms.max).toBeGreaterThan(0);
    expect(json.latency_ms.p50).toBeLessThanOrEqual(json.latency_ms.max);
  });

  it.skipIf(!hasPromtool)(`are named as the linter of Prometheus wants it${why}`, async () => {
    const input = (await ask(cluster, 'GET', '/metrics')).body;
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it('are all that the dashboard asks for', async () => {
    const text = (await ask(cluster, 'GET', '/metrics')).body;
    const known = new Set(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
      ),
    );
    for (const query of queries) {
      const names = query.match(/\b(hypermesh|process)_\w+/g) ?? [];
      expect(names.length, query).toBeGreaterThan(0);
      for (const name of names) expect(known, query).toContain(name);
    }
  });
});

describe('the dashboard', () => {
  it('has panels of its own, none on top of another', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { gridPos: at } of dashboard.panels) {
      expect(at.x + at.w).toBeLessThanOrEqual(24);
      for (let x = at.x; x < at.x + at.w; x++) {
        for (let y = at.y; y < at.y + at.h; y++) {
          expect(taken.has(`${x}/${y}`), `${x}/${y}`).toBe(false);
          taken.add(`${x}/${y}`);
        }
      }
    }
  });

  it('uses no variable that it does not have', () => {
    const variables = dashboard.templating.list.map(({ name }) => name);
    const used = queries.flatMap((query) => query.match(/\$\w+/g) ?? []);
    const strange = used.filter(
      (name) => name !== '$__rate_interval' && !variables.includes(name.slice(1)),
    );
    expect(strange).toEqual([]);
  });

  it.skipIf(!hasPromtool)(`asks in the language of Prometheus${why}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'dashboard-'));
    try {
      const rules = queries.map((query, i) => ({
        record: `query:${i}`,
        expr: query.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'),
      }));
      const path = join(directory, 'rules.yml');
      writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', path]);
      expect(status, `${stdout}${stderr}`).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Asker } from './asking.ts';
import { suiteDirectory } from './directories.ts';
import { clusterIn, endAll, type RunningCluster } from './running-cluster.ts';

const patienceMs = 300_000;
const { path, remove } = suiteDirectory();
let cluster: RunningCluster;
let asker: Asker;
let salt = 0;
/** That of a cluster which says nothing else. */
const logWindow = 64;

const order = (count: number) =>
  Promise.all(Array.from({ length: count }, () => asker.order(salt++)));

/** One bit in the middle of the largest file. */
function damage(directory: string): void {
  const [largest = ''] = readdirSync(directory)
    .map((name) => join(directory, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  const bytes = readFileSync(largest);
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(largest, bytes);
}

interface Health {
  readonly status: string;
  readonly recovering: boolean;
  readonly sequence: number;
}

async function healthOf(node: number): Promise<Health> {
  const answer = await fetch(`${cluster.line.nodes[node]}/consensus/health`);
  return (await answer.json()) as Health;
}

beforeAll(async () => {
  cluster = await clusterIn(path);
  asker = new Asker(path);
  await asker.start();
}, patienceMs);

afterAll(async () => {
  await asker?.stop();
  await endAll(cluster);
  remove();
}, patienceMs);

test(
  'a node whose journal was damaged trusts nothing of it, keeps it aside, and is whole again',
  async () => {
    await order(20);
    expect((await cluster.stop()).code).toBe(0);
    const journal = join(path, 'node-1', 'journal');
    damage(journal);
    // What else is on that disk may be gone as well: a damaged journal was written by somebody.
    rmSync(join(path, 'node-1', 'took-part'));
    const damaged = readdirSync(journal);
    cluster = await clusterIn(path);
    expect(readdirSync(join(path, 'node-1'))).toContain('journal.damaged-1');
    expect(readdirSync(`${journal}.damaged-1`).sort()).toEqual(damaged.sort());
    const { sequence, ...health } = await healthOf(1);
    expect(health).toMatchObject({ status: 'degraded', recovering: true });
    // It follows without a vote until the log has moved past all that it may have signed, and the
    // next view is its first: without node 3 there is no quorum but with node 1.
    const past = sequence + 2 * logWindow + 16;
    while ((await healthOf(1)).sequence < past) await order(1);
    const pid = Number(readFileSync(join(path, 'node-3', 'pid'), 'utf8'));
    process.kill(pid, 'SIGSTOP');
    try {
      await order(3);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await healthOf(1)).recovering).toBe(false);
  },
  patienceMs,
);

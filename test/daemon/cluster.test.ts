import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Asker, type Ordered } from './asking.ts';
import { suiteDirectory } from './directories.ts';
import { clusterIn, hypermesh, type RunningCluster } from './running-cluster.ts';
import { isAlive, until } from './waiting.ts';

// Starting processes on a busy machine is what takes the time: one cluster for all of it.
const patienceMs = 300_000;
const { path, remove } = suiteDirectory();

async function healthOf(url: string): Promise<{ readonly status: string; sequence: number }> {
  const answer = await fetch(`${url}/consensus/health`);
  return (await answer.json()) as { status: string; sequence: number };
}

/** Whether every node answers, sees the others and trusts them. */
async function allHealthy({ line }: RunningCluster): Promise<boolean> {
  const all = await Promise.all(line.nodes.map((url) => healthOf(url).catch(() => null)));
  return all.every((health) => health?.status === 'healthy');
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

describe('a cluster of processes', () => {
  let cluster: RunningCluster;
  let asker: Asker;
  let salt = 0;
  const ordered: Ordered[] = [];
  const order = async (count: number) => {
    const batch = await Promise.all(Array.from({ length: count }, () => asker.order(salt++)));
    ordered.push(...batch);
  };

  beforeAll(async () => {
    cluster = await clusterIn(path);
    asker = new Asker(path);
    await asker.start();
  }, patienceMs);

  afterAll(async () => {
    await asker?.stop();
    cluster?.process.kill('SIGKILL');
    await cluster?.ended;
    await until(() => cluster === undefined || !cluster.line.pids.some(isAlive));
    remove();
  }, patienceMs);

  test(
    'says where it is in one line once every node is ready, and orders what it is asked',
    async () => {
      expect(cluster.written.stdout.split('\n')).toHaveLength(2);
      expect(cluster.line.nodes).toHaveLength(4);
      expect(cluster.line.pids.every(isAlive)).toBe(true);
      expect(cluster.line.validators).toBe(join(path, 'validators.json'));
      expect(cluster.written.stderr).toBe('');
      await order(20);
      expect(ordered.every(({ sequence }) => sequence >= 1)).toBe(true);
    },
    patienceMs,
  );

  test(
    'is not started a second time: who has the directory is said by its pid',
    async () => {
      const second = await hypermesh('cluster', '--data', path).ended;
      expect(second.code).toBe(64);
      expect(second.stderr).toContain(`another process uses it (pid ${cluster.process.pid})`);
      expect(second.stdout).toBe('');
    },
    patienceMs,
  );

  test(
    'loses nothing it acknowledged when nodes are killed under load, and is whole again',
    async () => {
      const load = order(100);
      process.kill(cluster.line.pids[0] ?? 0, 'SIGKILL');
      await load;
      await until(() => allHealthy(cluster));
      const acknowledged = Math.max(...ordered.map(({ sequence }) => sequence));
      const { sequence } = await asker.order(salt++);
      expect(sequence).toBeGreaterThan(acknowledged);
      await until(async () => {
        const all = await Promise.all(cluster.line.nodes.map(healthOf));
        return all.every((health) => health.sequence >= sequence);
      });
    },
    patienceMs,
  );

  test(
    'goes on while its primary stands still, and takes it back',
    async () => {
      const { view } = (await healthOf(cluster.line.nodes[0] ?? '')) as unknown as { view: number };
      const primary = pidsNow(cluster)[view % 4] ?? 0;
      process.kill(primary, 'SIGSTOP');
      try {
        await order(20);
      } finally {
        process.kill(primary, 'SIGCONT');
      }
      await until(() => allHealthy(cluster));
    },
    patienceMs,
  );

  test(
    'forgets nothing when all of its nodes are killed at once',
    async () => {
      const acknowledged = Math.max(...ordered.map(({ sequence }) => sequence));
      for (const pid of pidsNow(cluster)) process.kill(pid, 'SIGKILL');
      await until(() => allHealthy(cluster));
      const { sequence } = await asker.order(salt++);
      expect(sequence).toBeGreaterThan(acknowledged);
    },
    patienceMs,
  );

  test(
    'ends with every process of it on SIGTERM, and is at the same place the next time',
    async () => {
      const pids = pidsNow(cluster);
      const genesis = digestOf(join(path, 'genesis.json'));
      const { nodes } = cluster.line;
      const { code } = await cluster.stop();
      expect(code).toBe(0);
      expect(pids.some(isAlive)).toBe(false);
      cluster = await clusterIn(path);
      expect(cluster.line.nodes).toEqual(nodes);
      expect(digestOf(join(path, 'genesis.json'))).toBe(genesis);
      const acknowledged = Math.max(...ordered.map(({ sequence }) => sequence));
      expect((await asker.order(salt++)).sequence).toBeGreaterThan(acknowledged);
    },
    patienceMs,
  );
});

/** Of the node processes as they are now: each lies in the lock of its directory. */
function pidsNow({ line }: RunningCluster): readonly number[] {
  return line.nodes.map((_, replica) => {
    return Number(readFileSync(join(path, `node-${replica}/pid`), 'utf8'));
  });
}

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readKeyFile } from '../../src/daemon/key-file.ts';
import { Asker, type Ordered } from './asking.ts';
import { type Issued, issue } from './certificates.ts';
import { suiteDirectory } from './directories.ts';
import { clusterIn, endAll, hypermesh, type RunningCluster } from './running-cluster.ts';
import { mayMount, SmallDisk } from './small-disk.ts';
import { isAlive, until } from './waiting.ts';

// Starting processes on a busy machine is what takes the time: one cluster for all of it.
const patienceMs = 300_000;
const { path, remove } = suiteDirectory();
/** Debian's util-linux: limits what a running process may write, as a full disk would. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const mountable = mayMount();
const whyNot = mountable ? '' : ' (not run: mounting a file system takes root)';

interface Health {
  readonly status: string;
  readonly view: number;
  readonly sequence: number;
  readonly reachable: number;
  readonly n: number;
  readonly problems: readonly string[];
}

async function healthOf(url: string): Promise<Health> {
  const answer = await fetch(`${url}/consensus/health`);
  const health = (await answer.json()) as Health;
  expect(answer.status).toBe(health.status === 'unhealthy' ? 503 : 200);
  return health;
}

/** Whether every node answers and sees all the others. */
async function isWhole({ line }: RunningCluster): Promise<boolean> {
  const all = await Promise.all(line.nodes.map((url) => healthOf(url).catch(() => null)));
  return all.every((health) => health !== null && health.reachable === health.n);
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

describe('a cluster of processes', () => {
  let cluster: RunningCluster;
  let asker: Asker;
  let salt = 0;
  /** Of the last node, from the second start on. */
  let smallDisk: SmallDisk | null = null;
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
    await endAll(cluster);
    smallDisk?.remove();
    remove();
  }, patienceMs);

  test(
    'says where it is in one line once every node is ready, and orders what it is asked',
    async () => {
      expect(cluster.written.stdout.split('\n')).toHaveLength(2);
      expect(cluster.line.nodes).toHaveLength(4);
      expect([...cluster.line.pids, cluster.line.trustchain_pid].every(isAlive)).toBe(true);
      expect(cluster.line.validators).toBe(join(path, 'validators.json'));
      expect(cluster.written.stderr).toBe('');
      await order(20);
      expect(ordered.every(({ sequence }) => sequence >= 1)).toBe(true);
    },
    patienceMs,
  );

  test(
    'issues certificates that OpenSSL and an offline check of the votes accept',
    async () => {
      const { trustchain, validators } = cluster.line;
      const { certificate } = await issue(trustchain, 'host.mesh');
      const [leaf = '', issuer = ''] = certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
      const file = (name: string, pem: string) => {
        writeFileSync(join(path, name), pem);
        return join(path, name);
      };
      const leafFile = file('leaf.pem', leaf);
      const verified = await hypermesh('verify', leafFile, '--validators', validators).ended;
      expect(verified.stdout).toContain('verified: a quorum decided this certificate');
      expect(verified.code).toBe(0);
      if (!hasOpenssl) return;
      const ca = await (await fetch(`${trustchain}/ca.pem`)).text();
      const args = ['-CAfile', file('ca.pem', ca), '-untrusted', file('issuer.pem', issuer)];
      const said = execFileSync('openssl', ['verify', ...args, leafFile], { encoding: 'utf8' });
      expect(said).toBe(`${leafFile}: OK\n`);
    },
    patienceMs,
  );

  test(
    'keeps every certificate it handed out when TrustChain is killed, and issues again',
    async () => {
      const { trustchain, trustchain_pid: pid } = cluster.line;
      const { serial, certificate } = await issue(trustchain, 'kept.mesh');
      process.kill(pid, 'SIGKILL');
      const headers = { accept: 'application/json' };
      const get = () =>
        fetch(`${trustchain}/certificates/${serial}`, { headers }).catch(() => null);
      await until(async () => !isAlive(pid) && (await get())?.status === 200);
      const kept = (await (await get())?.json()) as Issued;
      expect(kept.certificate).toBe(certificate);
      await until(async () => (await fetch(`${trustchain}/readyz`)).ok);
      await issue(trustchain, 'next.mesh');
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
      await until(() => isWhole(cluster));
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
      const { view } = await healthOf(cluster.line.nodes[0] ?? '');
      const primary = pidsNow(cluster)[view % 4] ?? 0;
      process.kill(primary, 'SIGSTOP');
      try {
        await order(20);
      } finally {
        process.kill(primary, 'SIGCONT');
      }
      await until(() => isWhole(cluster));
    },
    patienceMs,
  );

  test.skipIf(!hasPrlimit)(
    'goes on when the disk of a node takes no more; the node says so, and comes back with it',
    async () => {
      const url = cluster.line.nodes[3] ?? '';
      const pid = pidsNow(cluster)[3] ?? 0;
      const limit = (sizeBytes: string) =>
        execFileSync('prlimit', ['--pid', String(pid), `--fsize=${sizeBytes}:`]);
      limit('1');
      await order(20);
      await until(async () => (await healthOf(url)).status === 'unhealthy');
      const [problem] = (await healthOf(url)).problems.filter((text) =>
        text.startsWith('journal: '),
      );
      expect(problem).toContain(join('node-3', 'journal'));
      expect(problem).toContain('File too large: this node votes no more');
      await order(20);
      expect(isAlive(pid)).toBe(true);
      limit('unlimited');
      await until(async () => !isAlive(pid) && (await isWhole(cluster)));
      await order(1);
    },
    patienceMs,
  );

  test(
    'forgets nothing when all of its nodes are killed at once',
    async () => {
      const acknowledged = Math.max(...ordered.map(({ sequence }) => sequence));
      for (const pid of pidsNow(cluster)) process.kill(pid, 'SIGKILL');
      await until(() => isWhole(cluster));
      const { sequence } = await asker.order(salt++);
      expect(sequence).toBeGreaterThan(acknowledged);
    },
    patienceMs,
  );

  test(
    'ends with every process of it on SIGTERM, and is at the same place the next time',
    async () => {
      const pids = [...pidsNow(cluster), pidIn(join(path, 'trustchain'))];
      const genesis = digestOf(join(path, 'genesis.json'));
      const { nodes, trustchain, dns } = cluster.line;
      const { code } = await cluster.stop();
      expect(code).toBe(0);
      expect(pids.some(isAlive)).toBe(false);
      if (mountable) smallDisk = new SmallDisk(join(path, 'node-3'), 64);
      cluster = await clusterIn(path);
      expect(cluster.line).toMatchObject({ nodes, trustchain, dns });
      expect(digestOf(join(path, 'genesis.json'))).toBe(genesis);
      const acknowledged = Math.max(...ordered.map(({ sequence }) => sequence));
      expect((await asker.order(salt++)).sequence).toBeGreaterThan(acknowledged);
    },
    patienceMs,
  );

  test.skipIf(!mountable)(
    `goes on when the file system of a node is full; with room the node comes back${whyNot}`,
    async () => {
      const url = cluster.line.nodes[3] ?? '';
      const pid = pidsNow(cluster)[3] ?? 0;
      smallDisk?.fill();
      await order(20);
      await until(async () => (await healthOf(url)).status === 'unhealthy');
      const [problem] = (await healthOf(url)).problems.filter((text) =>
        text.startsWith('journal: '),
      );
      expect(problem).toContain(join('node-3', 'journal'));
      expect(problem).toContain('No space left on device: this node votes no more');
      await order(20);
      expect(isAlive(pid)).toBe(true);
      smallDisk?.makeRoom();
      await until(async () => !isAlive(pid) && (await isWhole(cluster)));
      // Its journal is as it was, so it votes at once: without it there is no quorum.
      const [first = 0] = pidsNow(cluster);
      process.kill(first, 'SIGSTOP');
      try {
        const { sequence } = await asker.order(salt++);
        await until(async () => (await healthOf(url)).sequence >= sequence);
      } finally {
        process.kill(first, 'SIGCONT');
      }
      await until(() => isWhole(cluster));
    },
    patienceMs,
  );

  test(
    'takes back unasked what rests on a validator that evidence condemned, and issues on',
    async () => {
      const { trustchain } = cluster.line;
      await until(async () => (await fetch(`${trustchain}/readyz`)).ok);
      const { serial } = await issue(trustchain, 'resting.mesh');
      const votersOf = async (of: string): Promise<readonly number[]> => {
        const proof = await (await fetch(`${trustchain}/certificates/${of}/proof`)).json();
        const { votes } = (proof as Proof).result_certificate;
        return votes.map(({ replica }) => replica);
      };
      const standingOf = async (of: string): Promise<string> => {
        const headers = { accept: 'application/json' };
        const answer = await fetch(`${trustchain}/certificates/${of}`, { headers });
        return ((await answer.json()) as { readonly status: string }).status;
      };
      const [liar = 0] = await votersOf(serial);
      const { signer } = readKeyFile(join(path, `node-${liar}`, 'node.key'));
      expect(await asker.isolate(liar, signer)).toBe('accepted');
      await until(async () => (await standingOf(serial)) === 'revoked');
      const list = Buffer.from(await (await fetch(`${trustchain}/crl.der`)).arrayBuffer());
      expect(list.includes(Buffer.from(serial, 'hex'))).toBe(true);
      const next = await issue(trustchain, 'standing.mesh');
      expect(await votersOf(next.serial)).not.toContain(liar);
      expect(await standingOf(next.serial)).toBe('good');
    },
    patienceMs,
  );
});

interface Proof {
  readonly result_certificate: { readonly votes: readonly { readonly replica: number }[] };
}

/** Of the node processes as they are now. */
function pidsNow({ line }: RunningCluster): readonly number[] {
  return line.nodes.map((_, replica) => pidIn(join(path, `node-${replica}`)));
}

/** Who holds the lock of a directory. */
function pidIn(directory: string): number {
  return Number(readFileSync(join(directory, 'pid'), 'utf8'));
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGenesisFile } from '../../src/daemon/genesis-file.ts';
import { readKeyFile } from '../../src/daemon/key-file.ts';
import { isolateOperation } from '../../src/ledger/operation.ts';
import { seal } from '../../src/pbft/envelope.ts';
import type { Evidence } from '../../src/pbft/evidence.ts';
import { encodeEvidence } from '../../src/pbft/evidence-codec.ts';
import { Asker } from './asking.ts';
import { suiteDirectory } from './directories.ts';
import { clusterIn, endAll, hypermesh, type RunningCluster } from './running-cluster.ts';
import { until } from './waiting.ts';

const patienceMs = 300_000;
const { path, remove } = suiteDirectory();
const other = 'cd'.repeat(32);
type Commit = Extract<Evidence, { type: 'conflictingCommit' }>['first'];

/** Two commits of one slot, in the name of `accused` under the key of node `signs`. */
function accusationOf(accused: number, signs: number, chainId: string, words = 'ab'): Uint8Array {
  const { signer } = readKeyFile(join(path, `node-${signs}/node.key`));
  const said = (word: string): Commit => {
    const headerDigest = word.repeat(64);
    const statement = { type: 'commit', view: 0, sequence: 100_000, headerDigest } as const;
    return seal(statement, accused, signer, chainId);
  };
  const [first, second] = [...words].map(said) as [Commit, Commit];
  const lies = { accused, first, second };
  return isolateOperation(encodeEvidence({ type: 'conflictingCommit', ...lies }));
}

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

interface Validators {
  readonly validators: readonly { readonly replica: number; readonly standing: string }[];
}

describe('a validator that lied to a real cluster', () => {
  let cluster: RunningCluster;
  let asker: Asker;
  let chainId: string;
  const liar = 2;
  const others = [0, 1, 3];

  const standingAt = async (node: number) => {
    const { validators } = await get<Validators>(
      `${cluster.line.nodes[node]}/consensus/validators`,
    );
    return validators[liar]?.standing;
  };
  const standings = () => Promise.all(others.map(standingAt));

  beforeAll(async () => {
    cluster = await clusterIn(path);
    asker = new Asker(path);
    await asker.start();
    chainId = readGenesisFile(join(path, 'genesis.json')).deployment.validators.chainId;
  }, patienceMs);

  afterAll(async () => {
    await asker?.stop();
    await endAll(cluster);
    remove();
  }, patienceMs);

  test(
    'is not convicted by what proves nothing: words forged, of another chain, or the same again',
    async () => {
      const slander = [
        accusationOf(liar, 1, chainId),
        accusationOf(liar, liar, other),
        accusationOf(liar, liar, chainId, 'aa'),
      ];
      for (const operation of slander) void asker.submit(operation).catch(() => undefined);
      const refused = async (node: string) => {
        const text = await (await fetch(`${node}/metrics`)).text();
        return /^hypermesh_\w*refused\w* (\d+)/m.exec(text)?.[1] ?? '0';
      };
      await until(async () => Number(await refused(cluster.line.nodes[0] as string)) >= 3);
      await asker.order(1);
      // On a busy machine somebody may be suspected of silence; nobody is convicted.
      expect(await standings()).not.toContain('isolated');
    },
    patienceMs,
  );

  test(
    'is isolated by evidence that anybody brings',
    async () => {
      expect((await asker.submit(accusationOf(liar, liar, chainId))).type).toBe('accepted');
      await until(async () => (await standings()).every((standing) => standing === 'isolated'));
    },
    patienceMs,
  );

  test(
    'is taken back when a quorum of operators signs, and votes again',
    async () => {
      const files: string[] = [];
      for (const node of others) {
        const config = join(path, `node-${node}/node.yaml`);
        const where = ['--endpoint', cluster.line.nodes[node] as string];
        const args = ['vote', '--config', config, '--replica', `${liar}`, ...where];
        const { code, stdout, stderr } = await hypermesh('readmit', ...args).ended;
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        const file = join(path, `vote-${node}`);
        writeFileSync(file, stdout);
        files.push(file);
      }
      const submit = (...votes: string[]) =>
        hypermesh('readmit', 'submit', '--endpoint', cluster.line.nodes[0] as string, ...votes)
          .ended;
      const few = await submit(...files.slice(0, 2));
      expect(few).toMatchObject({ code: 1 });
      expect(few.stderr).toContain('2 of 4 validators signed: no quorum');
      const enough = await submit(...files);
      expect(enough).toMatchObject({ code: 0, stderr: '' });
      let salt = 100;
      await until(async () => {
        await asker.order(salt++);
        // Room to catch up in: whoever is behind a busy cluster stays behind it.
        await new Promise((resolve) => setTimeout(resolve, 200));
        // Whoever voted is recovering no more; on a busy machine it may be suspected of silence.
        const voted = ['trusted', 'suspected'];
        return (await standings()).every((standing) => voted.includes(standing ?? ''));
      });
      // The same votes are the same operation: its answer stands, and nothing is done twice.
      expect(await submit(...files)).toMatchObject({ code: 0 });
      const config = join(path, 'node-0/node.yaml');
      const where = ['--endpoint', cluster.line.nodes[0] as string];
      const vote = ['vote', '--config', config, '--replica', `${liar}`, ...where];
      const late = await hypermesh('readmit', ...vote).ended;
      expect(late).toMatchObject({ code: 65, stdout: '' });
      expect(late.stderr).toContain(`replica ${liar} is not isolated`);
    },
    patienceMs,
  );
});

import { afterEach, describe, expect, it } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import {
  checkOperation,
  examineOperation,
  type StaticFinding,
  type StaticVerdict,
} from '../../src/ledger/static-check.ts';
import { StaticCheckPool } from '../../src/runtime/static-check-pool.ts';
import type { CheckThreadListener } from '../../src/runtime/static-check-thread.ts';
import { genesis, newLedger, order, validate } from '../ledger/fixtures.ts';
import { flip } from '../proofs/fixtures.ts';

const { chainId, requirements } = genesis;
const environment = { chainId, requirements, scheme: 'ed25519' } as const;
const env = { chainId, requirements, scheme: ed25519 };
const ledger = newLedger();
const valid = validate(ledger, 'r', 1);
const pools: StaticCheckPool[] = [];

afterEach(() => {
  for (const pool of pools.splice(0)) pool.stop();
});

/** A pool whose threads answer when the test says so. */
function heldPool(threads = 2) {
  const failures: Error[] = [];
  const started: {
    posts: (readonly Uint8Array[])[];
    listener: CheckThreadListener;
    ends: number;
  }[] = [];
  const pool = new StaticCheckPool({
    environment,
    threads,
    onFailure: (error) => failures.push(error),
    startThread: (_, listener) => {
      const thread = { posts: [] as (readonly Uint8Array[])[], listener, ends: 0 };
      started.push(thread);
      return {
        post: (operations) => thread.posts.push(operations),
        stop: () => {
          thread.ends++;
        },
      };
    },
  });
  pools.push(pool);
  const answer = (thread: number): void => {
    const oldest = started[thread]?.posts.shift() ?? [];
    const findings = oldest.map((o): StaticFinding | null => examineOperation(o, env));
    started[thread]?.listener.onFindings(findings);
  };
  return { pool, started, failures, answer };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const never = (): void => expect.unreachable('an answer nobody may give');

describe('the check pool', () => {
  it('brings from real threads the verdicts that a check on the spot gives', async () => {
    const operations = [
      valid,
      flip(valid, valid.length - 1),
      flip(valid, 200),
      order(1, { type: 'unlock', amount: 1 }),
      flip(order(1, { type: 'unlock', amount: 1 }), 50),
      new Uint8Array([99, 1, 2]),
      new Uint8Array(),
    ];
    const failures: Error[] = [];
    const onFailure = (error: Error) => void failures.push(error);
    const pool = new StaticCheckPool({ environment, threads: 2, onFailure });
    pools.push(pool);
    const verdicts = await Promise.all(
      operations.map(
        (operation) =>
          new Promise<StaticVerdict>((resolve, reject) => {
            if (!pool.check(operation, resolve)) reject(new Error('not taken'));
          }),
      ),
    );
    const plain = (verdict: StaticVerdict) => JSON.parse(JSON.stringify(verdict)) as unknown;
    expect(verdicts.map(plain)).toEqual(operations.map((o) => plain(checkOperation(o, env))));
    expect(failures).toEqual([]);
  });

  it('lets the thread that asks go on: no verdict comes in the turn that asked', async () => {
    const { pool, started, answer } = heldPool();
    let answered = 0;
    for (let i = 0; i < 300; i++) expect(pool.check(valid, () => answered++)).toBe(true);
    expect([started.length, answered]).toEqual([0, 0]);
    await turn();
    expect(started.map(({ posts }) => posts.flat().length)).toEqual([160, 140]);
    expect(answered).toBe(0);
    answer(0);
    expect(answered).toBe(32);
  });

  it('takes 8,192 operations and no more until some are answered', async () => {
    const { pool, answer } = heldPool(1);
    const small = new Uint8Array([1]);
    for (let i = 0; i < 8192; i++) expect(pool.check(small, () => undefined)).toBe(true);
    expect(pool.check(small, never)).toBe(false);
    await turn();
    expect(pool.check(small, never)).toBe(false);
    answer(0);
    for (let i = 0; i < 32; i++) expect(pool.check(small, () => undefined)).toBe(true);
    expect(pool.check(small, never)).toBe(false);
  });

  it('takes 32 MiB and no more', () => {
    const { pool } = heldPool();
    const large = new Uint8Array(128 * 1024);
    for (let i = 0; i < 256; i++) expect(pool.check(large, () => undefined)).toBe(true);
    expect(pool.check(large, never)).toBe(false);
  });

  it('goes on with the threads that are left, and takes nothing without any', async () => {
    const { pool, started, failures, answer } = heldPool();
    for (let i = 0; i < 64; i++) pool.check(valid, i < 32 ? never : () => undefined);
    await turn();
    started[0]?.listener.onEnd(new Error('out of memory'));
    expect(failures.map(({ message }) => message)).toEqual(['out of memory']);
    answer(1);
    let answered = 0;
    expect(pool.check(valid, () => answered++)).toBe(true);
    await turn();
    answer(1);
    expect(answered).toBe(1);
    started[1]?.listener.onEnd(new Error('too'));
    expect(pool.check(valid, never)).toBe(false);
  });

  it('has room again for what a lost thread had', async () => {
    const { pool, started } = heldPool();
    const small = new Uint8Array([1]);
    for (let i = 0; i < 8192; i++) pool.check(small, never);
    await turn();
    expect(pool.check(small, never)).toBe(false);
    started[0]?.listener.onEnd(new Error('out of memory'));
    for (let i = 0; i < 4096; i++) expect(pool.check(small, () => undefined)).toBe(true);
    expect(pool.check(small, never)).toBe(false);
  });

  it('says nothing after it was stopped', async () => {
    const { pool, started, answer, failures } = heldPool();
    pool.check(valid, never);
    await turn();
    pool.stop();
    answer(0);
    started[1]?.listener.onEnd(new Error('stopped'));
    expect(started.map(({ ends }) => ends)).toEqual([1, 1]);
    expect(failures).toEqual([]);
    expect(pool.check(valid, never)).toBe(false);
  });
});

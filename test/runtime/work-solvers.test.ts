import { afterEach, describe, expect, it } from 'vitest';
import { makeWork, type WorkProof } from '../../src/proofs/work.ts';
import { type SolveWork, solveAtOnce, solveInSlices } from '../../src/runtime/solve-work.ts';
import { systemTimers } from '../../src/runtime/system-timers.ts';
import { WorkSolvers } from '../../src/runtime/work-solvers.ts';

const context = (fill: number) => new Uint8Array(32).fill(fill);
const task = (fill: number, bits = 12) =>
  ({ context: context(fill), bits, workFunction: 'sha256' }) as const;
/** Nobody finds this in a test's lifetime. */
const endless = (fill: number) => task(fill, 32);
const unstopped = new AbortController().signal;
const never = (): void => expect.unreachable('an answer nobody wants');

let solvers: WorkSolvers | null = null;
const failures: Error[] = [];
function makeSolvers(threads: number): WorkSolvers {
  solvers = new WorkSolvers({ threads, onFailure: (error) => failures.push(error) });
  return solvers;
}

afterEach(() => {
  solvers?.stop();
  solvers = null;
  expect(failures.splice(0)).toEqual([]);
});

function solved(solve: SolveWork, ...asked: Parameters<SolveWork>[0][]): Promise<WorkProof[]> {
  return Promise.all(
    asked.map((one) => new Promise<WorkProof>((resolve) => solve(one, unstopped, resolve))),
  );
}

describe('work', () => {
  it.each([
    ['at once', () => solveAtOnce],
    ['in slices', () => solveInSlices(systemTimers)],
    ['on threads', () => makeSolvers(2).solve],
  ])('solved %s is the nonce that a search from 0 finds first', async (_, make) => {
    const found = await solved(make(), task(1), task(2), task(3), task(4));
    expect(found).toEqual([1, 2, 3, 4].map((fill) => makeWork(context(fill), 12)));
  });

  it('is found before solving returns where it is a matter of a few hashes', () => {
    const found: WorkProof[] = [];
    const { solve } = makeSolvers(1);
    solve(endless(1), unstopped, never);
    solve(task(2, 4), unstopped, (work) => found.push(work));
    expect(found).toEqual([makeWork(context(2), 4)]);
    solve(task(3, 5), unstopped, never);
  });

  it('is scrypt where that is asked for', async () => {
    const heavy = { ...task(5, 14), workFunction: 'scrypt' } as const;
    const expected = [makeWork(context(5), 14, 0, 'scrypt')];
    expect(await solved(makeSolvers(1).solve, heavy)).toEqual(expected);
    expect(await solved(solveInSlices(systemTimers), heavy)).toEqual(expected);
  });
});

describe('work nobody waits for any more', () => {
  it('leaves its thread to the next', async () => {
    const { solve } = makeSolvers(1);
    const stop = new AbortController();
    solve(endless(1), stop.signal, never);
    const next = solved(solve, task(2));
    setImmediate(() => stop.abort());
    expect(await next).toEqual([makeWork(context(2), 12)]);
  });

  it('leaves the queue', async () => {
    const { solve } = makeSolvers(1);
    const first = new AbortController();
    const queued = new AbortController();
    solve(endless(1), first.signal, never);
    solve(endless(2), queued.signal, never);
    const last = solved(solve, task(3));
    queued.abort();
    first.abort();
    expect(await last).toEqual([makeWork(context(3), 12)]);
  });

  it.each([
    ['at once', () => solveAtOnce],
    ['in slices', () => solveInSlices(systemTimers)],
    ['on threads', () => makeSolvers(1).solve],
  ])('is not even begun %s when it was cancelled before', async (_, make) => {
    const stopped = AbortSignal.abort();
    const solve = make();
    solve(endless(1), stopped, never);
    expect(await solved(solve, task(2))).toEqual([makeWork(context(2), 12)]);
  });

  it('is not answered after a stop', async () => {
    const { solve } = makeSolvers(1);
    solve(task(1), unstopped, never);
    solvers?.stop();
    solve(task(2), unstopped, never);
    await solved(solveInSlices(systemTimers), task(3));
  });
});

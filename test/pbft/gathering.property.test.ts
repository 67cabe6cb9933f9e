import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { type Member, TestCluster } from './cluster.ts';

fc.configureGlobal({ seed: 1999, endOnFailure: process.env.HUNTING === '1' });

const proposalIntervalMs = 30;
const parameters = { proposalIntervalMs, maxBatchOperations: 3, requestTimeoutMs: 400 };

type Turn =
  | { readonly do: 'ask' | 'askPrimary'; readonly requests: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'turnClock'; readonly ms: number }
  | { readonly do: 'outage' };

/** Within an interval and far beyond it. */
const back = fc.oneof(fc.nat(20), fc.nat(200));

const turns: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask'), requests: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('askPrimary'), requests: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turnClock'), ms: back }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('outage') }) },
) as fc.Arbitrary<Turn>;

/** The replica that proposes, where there is one and it runs. */
function primary({ members }: TestCluster): Member | undefined {
  return members.find(({ index, down, replica: { state } }) => {
    return !down && state.active && state.view % members.length === index;
  });
}

/** How long a request that waits here may go on doing so with nothing to end it; null: no time. */
function waitsUnwatched(cluster: TestCluster): string | null {
  const member = primary(cluster);
  if (member === undefined) return null;
  const { unproposed, lastProposed, lastExecuted } = member.replica.state;
  if (unproposed.size === 0 || lastProposed > lastExecuted) return null;
  const due = member.timers.get('gather');
  if (due === undefined) return 'no timer runs';
  const leftMs = due - cluster.nowMs;
  return leftMs > proposalIntervalMs ? `another ${leftMs} ms` : null;
}

function play(cluster: TestCluster, turn: Turn, ask: (to?: number[]) => void): void {
  const first = primary(cluster);
  switch (turn.do) {
    case 'ask':
    case 'askPrimary':
      for (let i = 0; i < turn.requests; i++) {
        ask(turn.do === 'ask' || first === undefined ? undefined : [first.index]);
      }
      return cluster.settle();
    case 'pass':
      return cluster.pass(turn.ms);
    case 'turnClock':
      if (first !== undefined) first.clockOffsetMs -= turn.ms;
      return;
    case 'outage':
      // Long enough for another primary.
      if (first === undefined) return;
      ask();
      cluster.crash(first.index);
      cluster.pass(3000);
      cluster.restart(first.index);
      cluster.pass(3000);
  }
}

it('with nothing in flight no request waits beyond an interval, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(turns, { maxLength: 30 }), (played) => {
      const cluster = new TestCluster(4, parameters, idealScheme);
      const ran = new Set<string>();
      cluster.onEffect = (_, effect) => {
        if (effect.type !== 'execute') return;
        for (const operation of effect.batch) ran.add(new TextDecoder().decode(operation));
      };
      // What only a primary knew is gone when it crashes; what all were asked is not.
      const askedOfAll: string[] = [];
      let asked = 0;
      const ask = (to?: number[]) => {
        const name = `r${asked++}`;
        if (to === undefined) askedOfAll.push(name);
        cluster.request(name, to);
      };
      for (const turn of played) {
        play(cluster, turn, ask);
        expect(waitsUnwatched(cluster)).toBeNull();
      }
      cluster.pass(10_000);
      expect(askedOfAll.filter((name) => !ran.has(name))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

import { describe, expect, it } from 'vitest';
import { CensusTaker, type Enumerated } from '../../src/simulator/explorer/census.ts';
import type { Misdeed } from '../../src/simulator/explorer/misdeeds.ts';
import { Onlooker } from '../../src/simulator/explorer/onlooker.ts';
import { tryScenario } from '../../src/simulator/explorer/trial.ts';
import { nops, scenario } from './scenarios.ts';

const liar = { replicas: [0], behaviour: 'equivocate', fromMs: 0, untilMs: null } as const;
const lying = scenario({ adversaries: [liar] });

function lie(atMs: number, messages: number, whole = true): Misdeed {
  const since = { atUs: atMs * 1000, messages };
  return { replica: 0, type: 'conflictingPrePrepare', whole, since };
}

function seen(misdeeds: readonly Misdeed[], accused: Enumerated['accused']): Enumerated {
  return { scenario: lying, misdeeds, accused, suspicions: 0, virtualMs: 1000 };
}

function census(...schedules: readonly Enumerated[]) {
  const taker = new CensusTaker();
  for (const one of schedules) taker.count(one, false);
  return taker.census;
}

describe('the census of an exploration', () => {
  it('counts a liar once, caught or not, by what two correct replicas held', () => {
    const caught = new Map([[0, { atUs: 3000, messages: 30 }]]);
    const { recall } = census(
      seen([lie(1, 10), lie(2, 20)], caught),
      seen([lie(1, 10, false)], caught),
      seen([lie(1, 10)], new Map()),
      seen([], new Map()),
    );
    const { latency: _latency, ...counts } = recall.equivocate ?? {};
    expect(counts).toEqual({ spread: 3, spreadCaught: 2, whole: 2, wholeCaught: 1 });
  });

  it('keeps of a liar that got away a scenario that expects it accused', () => {
    const taker = new CensusTaker();
    taker.count(seen([lie(1, 10)], new Map([[0, null]])), false);
    taker.count(seen([lie(1, 10, false)], new Map()), false);
    expect(taker.missed).toEqual([]);
    taker.count(seen([lie(1, 10)], new Map([[3, null]])), false);
    const expected = { ...lying, expect: { ...lying.expect, accused: [0, 3] } };
    expect(taker.missed).toEqual([
      { scenario: expected, replica: 0, type: 'conflictingPrePrepare', schedule: 3 },
    ]);
  });

  it('tells how long it took from the first lie that two had parts of, median and worst', () => {
    const caughtAt = (ms: number, messages: number) =>
      new Map([[0, { atUs: ms * 1000, messages }]]);
    const { recall } = census(
      seen([lie(5, 50), lie(1, 10)], caughtAt(3, 25)),
      seen([lie(1, 10)], caughtAt(11, 110)),
      // Accused before any other replica had a part of the proof.
      seen([lie(4, 40)], caughtAt(3, 30)),
    );
    const latency = { medianMs: 2, maxMs: 10, medianMessages: 15, maxMessages: 100 };
    expect(recall.equivocate?.latency).toEqual(latency);
  });

  it('takes a liar for caught that correct replicas isolated, whoever brought the proof', () => {
    const onlooker = new Onlooker(lying);
    onlooker.readers.isolated?.(0, [0]); // by the liar's own word
    expect(onlooker.seen(1000).accused.has(0)).toBe(false);
    onlooker.readers.isolated?.(1, [0]);
    expect(onlooker.seen(1000).accused.has(0)).toBe(true);
  });

  // Replica 3 lies about every result, and one voter is away: the truth has no quorum.
  const uncertified = (behaviour: 'forgeProof' | 'divergentResult') =>
    tryScenario(
      scenario({
        adversaries: [{ replicas: [3], behaviour, fromMs: 0, untilMs: null }],
        workload: { ...nops(20, 4, 20), ratePerSecond: 50 },
        timeline: [{ type: 'crash', atMs: 0, replica: 2 }],
        durationMs: 20_000,
      }),
    );

  it('asks for no proof of a result that is certified nowhere', () => {
    const { seen: found, violation } = uncertified('forgeProof');
    expect(violation).toBeNull();
    expect(found.misdeeds).toEqual([]);
    expect(found.accused.size).toBe(0);
  });

  it('sees who tells two stories of one result caught even there', () => {
    const { seen: found, violation } = uncertified('divergentResult');
    expect(violation).toBeNull();
    // The first to hold both had it isolated, and nobody listens to it any more.
    expect(found.misdeeds.map(({ type, whole }) => ({ type, whole }))).toEqual([
      { type: 'conflictingResult', whole: false },
    ]);
    expect([...found.accused.keys()]).toEqual([3]);
  });

  it('sees a two-faced primary accused in a run, and knows since when it could be', () => {
    const { seen: found } = tryScenario(lying);
    const [first] = found.misdeeds;
    const accusedAt = found.accused.get(0) ?? null;
    expect(first?.type).toBe('conflictingPrePrepare');
    expect(first?.since.atUs).toBeGreaterThan(0);
    expect(first?.since.messages).toBeGreaterThan(0);
    expect(accusedAt?.atUs).toBeGreaterThanOrEqual(first?.since.atUs ?? 0);
    const { recall, wronglyAccused } = census(found);
    expect(recall.equivocate?.wholeCaught).toBe(1);
    expect(recall.equivocate?.latency.maxMs).toBeLessThan(50);
    expect(wronglyAccused).toBe(0);
  });
});

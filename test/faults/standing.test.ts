import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Offence, offenceWeights } from '../../src/faults/offence.ts';
import {
  initialStandings,
  judge,
  type Standing,
  type StandingInput,
  type Standings,
  scoreAt,
  suspicion,
  throttled,
} from '../../src/faults/standing.ts';
import { maxFaulty } from '../../src/pbft/quorum.ts';

const strike = (replica: number, offence: Offence): StandingInput => ({
  type: 'strike',
  replica,
  offence,
});
const strikes = (replica: number, offence: Offence, times: number) =>
  new Array<StandingInput>(times).fill(strike(replica, offence));

/** Judges all inputs at the same instant; a number lets so many milliseconds pass. */
function standingsAfter(inputs: readonly (StandingInput | number)[], n = 7): Standings {
  let standings = initialStandings(n, 0, 0);
  let nowMs = 0;
  for (const input of inputs) {
    if (typeof input === 'number') nowMs += input;
    else ({ standings } = judge(standings, input, nowMs));
  }
  return standings;
}

const { halfLifeMs } = suspicion;
const toSuspect = (offence: Offence) => Math.ceil(suspicion.suspectAt / offenceWeights[offence]);
const suspect = strikes(0, 'garbage', toSuspect('garbage'));
const isolate: StandingInput = { type: 'isolate', replica: 0 };
const restart: StandingInput = { type: 'restart', replica: 0 };
const rekey: StandingInput = { type: 'rekey', replica: 0 };
const readmit: StandingInput = { type: 'readmit', replica: 0 };
const tick: StandingInput = { type: 'tick' };

describe('standing', () => {
  const table: { inputs: (StandingInput | number)[]; standing: Standing; why: string }[] = [
    { inputs: [], standing: 'trusted', why: 'everyone begins trusted' },
    { inputs: [strike(0, 'slander')], standing: 'trusted', why: 'one strike is an accident' },
    { inputs: suspect, standing: 'suspected', why: 'garbage again and again is none' },
    {
      inputs: strikes(0, 'silence', toSuspect('silence') - 1),
      standing: 'trusted',
      why: 'a bad link is silent for a while',
    },
    {
      inputs: strikes(0, 'silence', 100).flatMap((input) => [input, halfLifeMs]),
      standing: 'trusted',
      why: 'seldom enough, strikes never add up',
    },
    { inputs: [...suspect, tick], standing: 'suspected', why: 'nothing was forgiven yet' },
    {
      inputs: [...suspect, halfLifeMs, tick],
      standing: 'suspected',
      why: 'half the way back is not back: standing must not flicker',
    },
    { inputs: [...suspect, 3 * halfLifeMs, tick], standing: 'trusted', why: 'time clears it' },
    {
      inputs: [...strikes(0, 'slander', 1000), 4 * halfLifeMs, tick],
      standing: 'trusted',
      why: 'the score has a ceiling, so four half-lives clear anyone',
    },
    {
      inputs: strikes(0, 'slander', 1000),
      standing: 'suspected',
      why: 'no number of strikes isolates: that takes a committed decision',
    },
    { inputs: [isolate], standing: 'isolated', why: 'committed evidence isolates at once' },
    { inputs: [...suspect, isolate], standing: 'isolated', why: 'from suspicion as well' },
    {
      inputs: [isolate, 100 * halfLifeMs, tick],
      standing: 'isolated',
      why: 'time does not clear a proved lie',
    },
    { inputs: [isolate, readmit], standing: 'isolated', why: 'it has shown nothing new' },
    { inputs: [isolate, restart], standing: 'isolated', why: 'the same key has lied' },
    { inputs: [isolate, rekey], standing: 'recovering', why: 'a new key may begin again' },
    { inputs: [isolate, rekey, readmit], standing: 'trusted', why: 'readmission was committed' },
    { inputs: [restart], standing: 'recovering', why: 'a restarted replica has to catch up' },
    {
      inputs: [restart, ...suspect],
      standing: 'recovering',
      why: 'who catches up is clumsy; its slate is clean when it is back',
    },
    { inputs: [restart, readmit], standing: 'trusted', why: 'it caught up' },
    { inputs: [...suspect, readmit], standing: 'suspected', why: 'only recovery is readmitted' },
    { inputs: [rekey, isolate], standing: 'isolated', why: 'the new key can lie as well' },
  ];
  it.each(table)('is $standing: $why', ({ inputs, standing }) => {
    expect(standingsAfter(inputs).dossiers[0]?.standing).toBe(standing);
  });

  it('tells a change once, with where it came from', () => {
    const standings = standingsAfter(suspect.slice(1));
    const first = judge(standings, strike(0, 'garbage'), 0);
    expect(first.changes).toEqual([{ replica: 0, from: 'trusted', to: 'suspected' }]);
    expect(judge(first.standings, strike(0, 'garbage'), 0).changes).toEqual([]);
  });

  it('forgives nothing when the clock goes back', () => {
    const [dossier] = standingsAfter([1000, ...suspect]).dossiers;
    expect(dossier && scoreAt(dossier, 0)).toBe(suspicion.suspectAt);
  });
});

describe('the limit of f isolated replicas an epoch', () => {
  const all = Array.from(
    { length: 7 },
    (_, replica): StandingInput => ({ type: 'isolate', replica }),
  );
  const isolated = (standings: Standings) =>
    [...standings.dossiers.keys()].filter((i) => standings.dossiers[i]?.standing === 'isolated');

  it('holds whatever is committed, in the order it was committed', () => {
    expect(isolated(standingsAfter(all))).toEqual([0, 1]);
  });

  it('counts a replica that was readmitted in the meantime', () => {
    const third: StandingInput = { type: 'isolate', replica: 2 };
    const judged = judge(standingsAfter([...all.slice(0, 2), rekey, readmit]), third, 0);
    expect(judged.refused).toContain('isolated in this epoch already');
  });

  it('says why a decision had no effect', () => {
    expect(judge(standingsAfter([isolate]), isolate, 0).refused).toContain('isolated already');
    expect(judge(standingsAfter([]), readmit, 0).refused).toContain('not recovering');
    expect(judge(standingsAfter([]), { type: 'epoch', epoch: 0 }, 0).refused).toContain(
      'not after',
    );
  });

  it('begins anew with the next membership epoch', () => {
    const next = standingsAfter([...all.slice(0, 2), { type: 'epoch', epoch: 1 }, ...all.slice(2)]);
    expect(isolated(next)).toEqual([0, 1, 2, 3]);
  });

  it('is never passed and never reached by strikes, for any inputs', () => {
    const replica = fc.nat(6);
    const offence = fc.constantFrom(...(Object.keys(offenceWeights) as Offence[]));
    const input: fc.Arbitrary<StandingInput | number> = fc.oneof(
      replica.chain((r) => offence.map((o) => strike(r, o))),
      replica.map((r): StandingInput => ({ type: 'isolate', replica: r })),
      replica.map((r): StandingInput => ({ type: 'rekey', replica: r })),
      replica.map((r): StandingInput => ({ type: 'readmit', replica: r })),
      fc.constant(tick),
      fc.nat(20_000),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const convicted = inputs.flatMap((i) =>
          typeof i !== 'number' && i.type === 'isolate' ? [i.replica] : [],
        );
        const result = isolated(standingsAfter(inputs));
        expect(result.length).toBeLessThanOrEqual(maxFaulty(7));
        for (const one of result) expect(convicted).toContain(one);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('throttling', () => {
  const suspects = (count: number) =>
    Array.from({ length: count }, (_, i) => strikes(i, 'garbage', 4)).flat();

  it('is for the suspected', () => {
    expect(throttled(standingsAfter(suspects(2)))).toEqual([0, 1]);
  });

  it('is for nobody once more than f are suspected: then the fault is here', () => {
    expect(throttled(standingsAfter(suspects(3)))).toEqual([]);
  });
});

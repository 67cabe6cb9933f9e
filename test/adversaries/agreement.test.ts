import { describe, expect, it } from 'vitest';
import { type VillainName, villainNames } from '../../src/adversaries/behaviours.ts';
import type { EvidenceType } from '../../src/pbft/evidence.ts';
import { maxFaulty } from '../../src/pbft/quorum.ts';
import { Cluster } from './cluster.ts';

function firstFaulty(n: number): number[] {
  return Array.from({ length: maxFaulty(n) }, (_, index) => index);
}

function play(behaviour: VillainName, n: number, seed: number, changes = {}) {
  const role = { replicas: firstFaulty(n), behaviour, fromMs: 0, untilMs: null };
  return new Cluster({ n, seed, roles: [role], ...changes }).run();
}

describe('a cluster with f villains', () => {
  for (const name of villainNames) {
    it(`decides alike, answers everything and accuses no one else under ${name}`, () => {
      for (const n of [4, 5, 7, 8]) {
        for (const seed of [1, 2, 3]) {
          const { violations, unanswered, accused } = play(name, n, seed);
          expect({ n, seed, violations, unanswered }).toEqual({
            n,
            seed,
            violations: [],
            unanswered: 0,
          });
          for (const replica of accused) expect(firstFaulty(n)).toContain(replica);
        }
      }
    });

    it(`does so on lossy links too under ${name}`, () => {
      for (const seed of [11, 12, 13]) {
        const { violations, unanswered } = play(name, 4, seed, { loss: 0.05 });
        expect({ seed, violations, unanswered }).toEqual({ seed, violations: [], unanswered: 0 });
      }
    });
  }

  it('decides alike whatever fields a mutator changes', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const options = { probability: [0.05, 0.2, 0.6, 1][seed % 4] ?? 1 };
      const { violations, unanswered } = play('mutate', 4, seed, { options });
      expect({ seed, violations, unanswered }).toEqual({ seed, violations: [], unanswered: 0 });
    }
  });

  it('survives a crash and restart of the villain and, after that, of a correct replica', () => {
    for (const behaviour of ['equivocate', 'twins', 'lieInViewChange'] as const) {
      const crashes = [
        { replica: 0, atMs: 120, forMs: 300 },
        { replica: 2, atMs: 900, forMs: 700 },
      ];
      const { violations, unanswered } = play(behaviour, 4, 5, { crashes, requests: 60 });
      expect({ behaviour, violations, unanswered }).toEqual({
        behaviour,
        violations: [],
        unanswered: 0,
      });
    }
  });
});

describe('provable misbehaviour', () => {
  const table: { behaviour: VillainName; evidence: EvidenceType; why: string }[] = [
    {
      behaviour: 'equivocate',
      evidence: 'conflictingPrePrepare',
      why: 'the prepares of the backups quote the headers they were told',
    },
    {
      behaviour: 'collude',
      evidence: 'conflictingPrePrepare',
      why: 'two camps compare notes as soon as they prepare',
    },
    {
      behaviour: 'divergentResult',
      evidence: 'divergentResult',
      why: 'a quorum certified another result for the checkpoint',
    },
    {
      behaviour: 'forgeProof',
      evidence: 'divergentResult',
      why: 'calling a forgery valid is a result no quorum signs',
    },
  ];
  it.each(table)('is proved for $behaviour as $evidence, since $why', ({ behaviour, evidence }) => {
    const kinds = [1, 2, 3, 4].flatMap((seed) =>
      play(behaviour, 4, seed, { requests: 30 }).evidence.map(({ type }) => type),
    );
    expect(kinds).toContain(evidence);
  });

  it('is nothing that silence, slowness or censorship could be convicted of', () => {
    for (const behaviour of ['silent', 'delay', 'censor', 'withholdCommits'] as const) {
      expect([...play(behaviour, 4, 1).accused]).toEqual([]);
    }
  });
});

describe('a primary that says nothing wrong but serves badly', () => {
  it.each(['silent', 'censor', 'withholdPrePrepares'] as const)('is replaced: %s', (behaviour) => {
    expect(play(behaviour, 4, 1).viewChanges).toBeGreaterThanOrEqual(1);
  });
});

describe('more than f colluders', () => {
  const table = [
    { n: 4, colluders: [0, 1], why: 'f = 1: either correct replica makes a quorum with the two' },
    { n: 7, colluders: [0, 1, 2, 3], why: 'f = 2, quorum 5: one correct replica and four' },
    { n: 5, colluders: [0, 1, 2], why: 'f = 1, quorum 4: one correct replica and three' },
  ];
  it.each(table)('split $n replicas in two: $why', ({ n, colluders }) => {
    const violations = [1, 2, 3, 4, 5].flatMap((seed) => {
      const role = { replicas: colluders, behaviour: 'collude', fromMs: 0, untilMs: null } as const;
      return new Cluster({ n, seed, roles: [role], limitMs: 5000 }).run().violations;
    });
    expect(violations.filter((violation) => violation.startsWith('sequence '))).not.toEqual([]);
  });
});

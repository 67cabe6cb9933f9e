import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { checkCommitCertificate, checkPreparedCertificate } from '../../src/pbft/certificates.ts';
import { headerDigest } from '../../src/pbft/envelope.ts';
import type { Commit, Envelope, Prepare, Vote } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { Alone } from './alone.ts';

const batch = [utf8('a')];

/** All that two backups of one process hear of a slot: every message is one object for both. */
function slotOf(cluster: Alone) {
  const header = cluster.header(0, 1, batch);
  const named = { view: 0, sequence: 1, headerDigest: headerDigest(header) };
  const prepare = (by: number) => cluster.say({ type: 'prepare', ...named }, by);
  const commit = (by: number) => cluster.say({ type: 'commit', ...named }, by);
  return { header, prepares: [1, 2, 3].map(prepare), commits: [0, 1, 2, 3].map(commit) };
}

type HeardSlot = ReturnType<typeof slotOf>;

/** What backup `index` writes down of a slot whose votes it hears from all the others. */
function certificatesOf(index: number, { header, prepares, commits }: HeardSlot) {
  const alone = new Alone(index);
  const effects: Effect[] = [];
  effects.push(...alone.hear(0, { type: 'prePrepare', header, batch }));
  for (const vote of prepares) {
    if (vote.sender === index) continue;
    effects.push(...alone.hear(vote.sender, { type: 'prepare', vote, header }));
  }
  for (const vote of commits) {
    if (vote.sender === index) continue;
    effects.push(...alone.hear(vote.sender, { type: 'commit', vote }));
  }
  const records = effects.flatMap((effect) => (effect.type === 'persist' ? [effect.record] : []));
  const prepared = records.find(({ type }) => type === 'prepared');
  const decided = records.find(({ type }) => type === 'decided');
  if (prepared?.type !== 'prepared' || decided?.type !== 'decided') throw new Error('undecided');
  return { prepared: prepared.certificate, decided: decided.certificate };
}

const by = (votes: readonly Vote[], replica: number) =>
  votes.find((vote) => vote.replica === replica);

/** The same vote, signed in other bytes: a scheme may allow several, and a twin finds them. */
function resigned<V extends Envelope<Prepare | Commit>>(vote: V): V {
  const signature = vote.signature.map((byte) => byte ^ 0xff);
  return { ...vote, signature };
}

describe('a vote that two replicas of a process heard', () => {
  const heardByBoth = () => {
    const slot = slotOf(new Alone(0));
    return [certificatesOf(2, slot), certificatesOf(3, slot)] as const;
  };

  it('is in memory once, whichever certificates hold it', () => {
    const [second, third] = heardByBoth();
    const prepare = by(second.prepared.prepares, 1);
    expect(prepare).toMatchObject({ replica: 1 });
    expect(by(third.prepared.prepares, 1)).toBe(prepare);
    for (const replica of [0, 1]) {
      const commit = by(second.decided.commits, replica);
      expect(commit).toMatchObject({ replica });
      expect(by(third.decided.commits, replica)).toBe(commit);
    }
  });

  it('stands in them under its own name, with the signature of its own kind', () => {
    const { validators, verify } = new Alone(0).cluster;
    for (const { prepared, decided } of heardByBoth()) {
      expect(checkPreparedCertificate(prepared, validators, verify)).toBeNull();
      expect(checkCommitCertificate(decided, validators, verify)).toBeNull();
    }
  });
});

describe('a vote that two replicas heard under two signatures', () => {
  const heardApart = () => {
    const told = slotOf(new Alone(0));
    const prepares = told.prepares.map((vote) => (vote.sender === 1 ? resigned(vote) : vote));
    const commits = told.commits.map((vote) => (vote.sender === 1 ? resigned(vote) : vote));
    const second = certificatesOf(2, told);
    const third = certificatesOf(3, { ...told, prepares, commits });
    return { told, prepares, commits, second, third };
  };

  it('is for each of them the one that it heard itself', () => {
    const { told, prepares, commits, second, third } = heardApart();
    const [prepare, commit] = [told.prepares[0], told.commits[1]];
    expect(by(second.prepared.prepares, 1)?.signature).toEqual(prepare?.signature);
    expect(by(third.prepared.prepares, 1)?.signature).toEqual(prepares[0]?.signature);
    expect(by(second.decided.commits, 1)?.signature).toEqual(commit?.signature);
    expect(by(third.decided.commits, 1)?.signature).toEqual(commits[1]?.signature);
  });

  it('leaves the others shared', () => {
    const { second, third } = heardApart();
    expect(by(third.decided.commits, 0)).toBe(by(second.decided.commits, 0));
  });
});

import { beforeAll, describe, expect, test } from 'vitest';
import type { EpochChange } from '../../src/ledger/epoch-change.ts';
import { decodeMembership, encodeMembership } from '../../src/ledger/membership.ts';
import { epochChainId, outerEnvelope, seal } from '../../src/pbft/envelope.ts';
import { NodeWorld, signerOf, type Tapped } from './world.ts';

/** All that was said in two epochs with a liar each. */
let said: Tapped[];
let world: NodeWorld;
const changes: EpochChange[] = [];

beforeAll(() => {
  const villains = { 0: 'equivocate', 1: { behaviour: 'divergentResult', fromMs: 2000 } } as const;
  world = new NodeWorld({ standby: 2, villains });
  world.tap = [];
  world.start();
  world.load(300);
  world.run(3000, () => [2, 3, 4, 5].every((process) => world.host(process).seat?.epoch === 2));
  world.load(20);
  world.run(1000);
  said = world.tap;
  world.tap = null;
  for (const { message } of world.replies) {
    if (message.type === 'epochChange') changes[message.certificate.statement.epoch] = message;
  }
});

const seatOf = (process: number) => world.host(process).seat;
const change = (epoch: number) => changes[epoch] as EpochChange;

describe('what was said in an older epoch', () => {
  test('has no force in the new one, and is no offence of who is late', () => {
    const before = structuredClone(world.standings([2, 3, 4, 5]));
    const blamed = () =>
      [2, 3, 4, 5].map((p) => {
        const { struck, accused, refused } = world.host(p);
        const links = refused.filter(({ from }) => !['replica-0', 'replica-1'].includes(from));
        return [struck.filter(({ process }) => process > 1), accused, links].map((l) => l.length);
      });
    const blamedBefore = blamed();
    const old = said.filter(({ message }) => {
      const statement = outerEnvelope(message)?.statement;
      return statement !== undefined || message.type === 'decided' || message.type === 'status';
    });
    expect(old.length).toBeGreaterThan(1000);
    for (const { from, message } of old.slice(0, 4000)) {
      if (!from.startsWith('replica-')) continue;
      const statement = outerEnvelope(message)?.statement;
      if (statement?.type === 'result' && statement.epoch === 2) continue;
      for (const to of [2, 3, 4, 5]) world.inject(Number(from.slice(8)), to, message);
    }
    world.run(2000);
    expect(world.standings([2, 3, 4, 5])).toEqual(before);
    expect(blamed()).toEqual(blamedBefore);
    expect([2, 3, 4, 5].map((process) => world.host(process).accused)).not.toContain([4]);
  });

  test('convicts nobody who has the place of the convicted now', () => {
    const evidence = said.filter(({ message }) => {
      return message.type === 'request' && message.operation.length > 200;
    });
    expect(evidence.length).toBeGreaterThan(0);
    for (const { message } of evidence) {
      for (const process of [2, 3, 4, 5]) world.inject(2, process, message);
    }
    world.load(4);
    world.run(1000);
    for (const process of [2, 3, 4, 5]) {
      expect(world.host(process).isolated).toEqual([0, 1]);
      expect(seatOf(process)?.epoch).toBe(2);
    }
  });
});

describe('a change of epoch', () => {
  /** A cluster of the same keys that knows of no change, and what becomes of one shown to it. */
  function shown(message: EpochChange) {
    const fresh = new NodeWorld({ standby: 2 }).start();
    fresh.inject(2, 3, message);
    fresh.run(20);
    const host = fresh.host(3);
    return { epoch: host.seat?.epoch, refused: host.refused.map(({ reason }) => reason) };
  }
  /** The members sign a statement of their choice, but for another chain. */
  const foreign = (epoch: number): EpochChange => {
    const { certificate } = change(0);
    const other = epochChainId('ab'.repeat(32), epoch);
    const votes = [1, 2, 3].map((replica) => {
      const { signature } = seal(certificate.statement, replica, signerOf(replica), other);
      return { replica, signature };
    });
    return { ...change(0), certificate: { ...certificate, votes } };
  };
  const withMembers = (members: (keys: readonly Uint8Array[]) => Uint8Array[]): EpochChange => {
    const membership = decodeMembership(change(0).membership);
    const altered = { ...membership, members: members(membership.members) };
    return { ...change(0), membership: encodeMembership(altered) };
  };

  test('that the epoch before certified leads on', () => {
    expect(shown(change(0))).toEqual({ epoch: 1, refused: [] });
  });

  const table: { what: string; why: string; make: () => EpochChange; refused: RegExp | null }[] = [
    {
      what: 'with another roster',
      why: 'the roster is part of the certified state',
      make: () => withMembers((keys) => keys.toReversed()),
      refused: /not in the certified state/,
    },
    {
      what: 'with a vote too few',
      why: 'only a quorum ends its epoch',
      make: () => {
        const { certificate } = change(0);
        const votes = certificate.votes.slice(1);
        return { ...change(0), certificate: { ...certificate, votes } };
      },
      refused: /2 votes, 3 needed/,
    },
    {
      what: 'of another cluster',
      why: 'the same keys may serve two',
      make: () => foreign(0),
      refused: /signature of replica/,
    },
    {
      what: 'with another path',
      why: 'the state does not hold it there',
      make: () => ({ ...change(0), path: change(0).path.slice(1) }),
      refused: /not in the certified state/,
    },
    {
      what: 'over an epoch',
      why: 'who judges epoch 1 is not known yet; no fault of who showed it',
      make: () => change(1),
      refused: null,
    },
    {
      what: 'of a state that changed nothing',
      why: 'the certificate of any checkpoint proves a membership, most of them the present one',
      make: () => ({ ...change(0), ...unchanged() }),
      refused: /epoch 0 after 0|not in the certified state/,
    },
  ];
  test.each(table)('$what is refused: $why', ({ make, refused }) => {
    const { epoch, refused: reasons } = shown(make());
    expect(epoch).toBe(0);
    if (refused === null) expect(reasons).toEqual([]);
    else expect(reasons).toEqual([expect.stringMatching(refused)]);
  });

  /** A membership of epoch 0, as a checkpoint inside it holds it. */
  function unchanged(): Pick<EpochChange, 'membership'> {
    const membership = decodeMembership(change(0).membership);
    return { membership: encodeMembership({ ...membership, epoch: 0 }) };
  }
});

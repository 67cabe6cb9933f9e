import { describe, expect, it } from 'vitest';
import { limits } from '../../src/faults/limits.ts';
import type { StandingChange } from '../../src/faults/standing.ts';
import { keepVigil, Vigil } from '../../src/node/vigil.ts';
import type { Message } from '../../src/pbft/messages.ts';
import type { Effect, Input } from '../../src/pbft/replica.ts';
import type { Seat } from '../../src/runtime/seat.ts';

const tick: Input = { type: 'timeout', timer: 'status' };
const lateView: Effect = { type: 'enterView', view: 1, active: false };
const complaint: Effect = {
  type: 'send',
  to: 'others',
  message: { type: 'complaint', epoch: 0, view: 0 },
};
const bad: Effect = { type: 'strike', replica: 3, reason: 'prepare by the primary' };
const many = <T>(count: number, value: T): readonly T[] => new Array<T>(count).fill(value);

function seatOf(index: number): Seat {
  const validators = { chainId: '', epoch: 0, publicKeys: many(4, new Uint8Array(32)) };
  const parameters = { statusIntervalMs: 1000 };
  const court = { validators, parameters, verify: () => true } as unknown as Seat['court'];
  return { epoch: 0, index, court, processes: [0, 1, 2, 3, 4] };
}

function start() {
  const changes: StandingChange[] = [];
  const clock = { ms: 0, nowMs: () => clock.ms };
  const vigil = new Vigil({
    seat: seatOf(1),
    steady: clock,
    onChange: (change) => changes.push(change),
  });
  return { changes, vigil, clock };
}

describe('what a node thinks of its peers', () => {
  it('follows the strikes of its replica', () => {
    const { changes, vigil } = start();
    vigil.stepped(tick, many(10, bad));
    expect(changes).toEqual([{ replica: 3, from: 'trusted', to: 'suspected' }]);
  });

  it('follows frames that were refused', () => {
    const { changes, vigil } = start();
    for (let i = 0; i < 10; i++) vigil.refused(2, 'garbage');
    expect(changes).toEqual([{ replica: 2, from: 'trusted', to: 'suspected' }]);
  });

  it('must look when its time has come, and when somebody who was taken back may vote', () => {
    const { vigil, clock } = start();
    expect(vigil.mustLook()).toBe(false);
    vigil.stepped({ type: 'isolated', replicas: [2] }, []);
    vigil.stepped({ type: 'isolated', replicas: [] }, []);
    expect(vigil.mustLook()).toBe(true);
    vigil.stepped({ type: 'receive', from: 2, message: { type: 'commit' } as Message }, []);
    expect(vigil.mustLook()).toBe(false);
    clock.ms = 1000;
    expect(vigil.mustLook()).toBe(true);
  });

  it('blames a view that timed out on its primary, not one that others left', () => {
    const message = { type: 'fetchBatch', batchDigest: '0' } as const;
    const pulled: Input = { type: 'receive', from: 2, message };
    for (const [timer, effect] of [
      ['request', complaint],
      ['viewChange', lateView],
    ] as const) {
      const { changes, vigil } = start();
      for (let i = 0; i < 10; i++) vigil.stepped(pulled, [effect]);
      for (let i = 0; i < 10; i++) vigil.stepped({ type: 'timeout', timer: 'status' }, [effect]);
      expect(changes).toEqual([]);
      for (let i = 0; i < 10; i++) vigil.stepped({ type: 'timeout', timer }, [effect]);
      expect(changes).toEqual([{ replica: 0, from: 'trusted', to: 'suspected' }]);
    }
  });

  it('trusts whoever was taken back once it votes, and not for less', () => {
    const { changes, vigil } = start();
    const vote = { type: 'commit' } as Message;
    const status = { type: 'status' } as Message;
    vigil.stepped({ type: 'isolated', replicas: [3] }, []);
    vigil.stepped({ type: 'receive', from: 3, message: vote }, []);
    vigil.stepped({ type: 'isolated', replicas: [] }, []);
    vigil.stepped({ type: 'receive', from: 3, message: status }, []);
    expect(changes.map(({ to }) => to)).toEqual(['isolated', 'recovering']);
    vigil.stepped({ type: 'receive', from: 3, message: vote }, []);
    expect(changes.map(({ to }) => to)).toEqual(['isolated', 'recovering', 'trusted']);
  });

  it('is none where the node only follows', () => {
    const world = { clock: { nowMs: () => 0 }, observer: {} };
    expect(keepVigil(seatOf(4), world)).toBeNull();
    expect(keepVigil(seatOf(3), world)).not.toBeNull();
  });

  it('is told by process, whatever its index in the epoch', () => {
    const told: unknown[] = [];
    const vigil = keepVigil(
      { ...seatOf(1), processes: [0, 1, 2, 4, 3] },
      {
        clock: { nowMs: () => 0 },
        observer: { onStanding: (change) => told.push(change) },
      },
    );
    vigil?.stepped(tick, many(10, bad));
    expect(told).toEqual([{ process: 4, from: 'trusted', to: 'suspected' }]);
  });
});

describe('a flood', () => {
  const flood = 10 * limits.floodPerSecond;

  /** Seconds of `perSecond` frames from replica 3; says how many of the last one were let in. */
  function admitted(perSecond: number, seconds: number): number {
    const { vigil, clock } = start();
    let inLast = 0;
    for (let second = 0; second < seconds; second++) {
      inLast = 0;
      for (let i = 0; i < perSecond; i++) if (vigil.admits(3)) inLast++;
      for (const peer of [0, 2]) vigil.admits(peer);
      clock.ms += limits.floodWindowMs;
      vigil.stepped(tick, []);
    }
    return inLast;
  }

  it('is read whole at first, and cut to what others may send once it is suspected', () => {
    expect(admitted(flood, 1)).toBe(flood);
    expect(admitted(flood, 20)).toBe(limits.floodPerSecond);
  });

  it('is no name for what load raises: everybody is heard', () => {
    expect(admitted(limits.floodPerSecond, 20)).toBe(limits.floodPerSecond);
  });

  it('of more than f peers is read: then the fault is more likely here', () => {
    const { vigil } = start();
    for (const peer of [2, 3]) for (let i = 0; i < 10; i++) vigil.refused(peer, 'slander');
    for (let i = 0; i < flood; i++) expect(vigil.admits(3)).toBe(true);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Supervisor } from '../../src/cluster/supervisor.ts';

/** A fleet of which replicas die and come back as told. */
function fakeFleet() {
  const ready = new Set([0, 1, 2, 3]);
  const restarts: number[] = [];
  const fleet = {
    get ready() {
      return [...ready];
    },
    async restart(replica: number) {
      restarts.push(replica);
      ready.add(replica);
    },
  };
  return { fleet, ready, restarts };
}

describe('the supervisor', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function supervise() {
    const world = fakeFleet();
    const revived: number[] = [];
    const supervisor = new Supervisor(
      world.fleet,
      (replica) => revived.push(replica),
      (error) => {
        throw error;
      },
    );
    const kill = (replica: number) => {
      world.ready.delete(replica);
      supervisor.onKilled(replica);
    };
    return { ...world, supervisor, revived, kill };
  }

  it('starts a killed replica again, after a moment', () => {
    const { kill, restarts, revived, supervisor } = supervise();
    kill(2);
    expect(restarts).toEqual([]);
    expect(supervisor.waiting).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(supervisor.waiting).toBe(false);
    expect(restarts).toEqual([2]);
    expect(revived).toEqual([2]);
  });

  it('gives up on a replica that is killed over and over', () => {
    const { kill, restarts } = supervise();
    for (let i = 0; i < 20; i++) {
      kill(1);
      vi.advanceTimersByTime(60_000);
    }
    expect(restarts).toEqual([1, 1, 1, 1, 1]);
  });

  it('leaves alone whom the timeline brought back first', () => {
    const { kill, ready, restarts } = supervise();
    kill(3);
    ready.add(3);
    vi.advanceTimersByTime(60_000);
    expect(restarts).toEqual([]);
  });

  it('starts nobody once it is stopped', () => {
    const { kill, restarts, supervisor } = supervise();
    kill(0);
    supervisor.stop();
    kill(1);
    vi.advanceTimersByTime(60_000);
    expect(restarts).toEqual([]);
  });
});

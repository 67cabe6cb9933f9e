import type { LivePicture, LiveReplica, LiveWord } from '../../src/daemon/live.ts';

export const healthyWord: LiveWord = {
  view: 0,
  isPrimary: false,
  sequence: 12,
  stableCheckpoint: 0,
  standing: 'trusted',
  reachable: 3,
  problems: [],
};

export function replicaPicture(replica: number, changes: Partial<LiveReplica> = {}): LiveReplica {
  return {
    replica,
    url: `http://127.0.0.1:${4000 + replica}`,
    pid: 1000 + replica,
    state: 'up',
    said: { ...healthyWord, isPrimary: replica === 0 },
    cutOff: [],
    ...changes,
  };
}

/** Four replicas in health, and what a test changes of them. */
export function picture(changes: readonly Partial<LiveReplica>[] = [], chaos = true): LivePicture {
  return {
    atMs: Date.UTC(2026, 0, 1),
    cluster: {
      id: 'ab'.repeat(32),
      n: 4,
      f: 1,
      quorum: 3,
      profile: 'localhost',
      trustchain: 'http://127.0.0.1:3999',
      chaos,
    },
    replicas: [0, 1, 2, 3].map((replica) => replicaPicture(replica, changes[replica])),
    certificates: { issued: 7, refused: 1, pending: 0, latencyMs: { p50: 21, p90: 40, max: 55 } },
  };
}

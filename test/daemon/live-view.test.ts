import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveEvent, LivePicture } from '../../src/daemon/live.ts';
import { LiveChanges } from '../../src/daemon/live-changes.ts';
import { LiveChaos } from '../../src/daemon/live-chaos.ts';
import { LiveFeed } from '../../src/daemon/live-feed.ts';
import { LiveView } from '../../src/daemon/live-view.ts';
import { healthyWord, picture } from './live-sample.ts';

const said = (changes: object) => ({ said: { ...healthyWord, ...changes } });

describe('what happened between two looks', () => {
  it('is a change of view, told once, with who is primary now', () => {
    const changes = new LiveChanges();
    expect(changes.between(picture(), [])).toEqual([]);
    const next = picture([said({ view: 1 }), said({ view: 1, isPrimary: true }), {}, {}]);
    expect(changes.between(next, []).map(({ text }) => text)).toEqual([
      'view 0 → 1, replica 1 is the primary',
    ]);
    expect(changes.between(next, [])).toEqual([]);
  });

  it('is a change of standing, for better or worse', () => {
    const changes = new LiveChanges();
    const bad = picture([{}, said({ standing: 'isolated' })]);
    expect(changes.between(bad, [])).toMatchObject([{ kind: 'isolated', replica: 1 }]);
    expect(changes.between(picture(), [])).toMatchObject([{ kind: 'healed', replica: 1 }]);
  });

  it('is evidence that a node found, also after it was started again', () => {
    const changes = new LiveChanges();
    const found = (count: number) => [{ evidence: { conflictingPrepare: count } } as never];
    expect(changes.between(picture(), found(1))).toMatchObject([{ kind: 'evidence', replica: 0 }]);
    expect(changes.between(picture(), found(1))).toEqual([]);
    expect(changes.between(picture(), found(0))).toEqual([]);
    expect(changes.between(picture(), found(1))).toHaveLength(1);
  });
});

describe('faults that a page asks for', () => {
  function start() {
    const signals: [number, string][] = [];
    const cuts = new Map<number, readonly number[]>();
    const chaos = new LiveChaos({
      feed: new LiveFeed(),
      processes: [0, 1, 2].map((i) => ({ pid: i === 2 ? null : 100 + i, isUp: i !== 2 })),
      signal: (pid, signal) => signals.push([pid, signal]),
      cutOff: (process, from) => cuts.set(process, from),
      request: async () => 'no quorum',
      nowMs: () => 0,
    });
    return { chaos, signals, cuts };
  }

  it('are signals to the process of a replica', async () => {
    const { chaos, signals } = start();
    expect(await chaos.obey({ action: 'kill', replica: 0 })).toBeNull();
    expect(await chaos.obey({ action: 'freeze', replica: 1 })).toBeNull();
    expect(await chaos.obey({ action: 'thaw', replica: 1 })).toBeNull();
    expect(signals).toEqual([
      [100, 'SIGKILL'],
      [101, 'SIGSTOP'],
      [101, 'SIGCONT'],
    ]);
  });

  it.each([
    ['a replica that is down', { action: 'kill', replica: 2 }, 'replica 2 is down already'],
    ['a replica there is not', { action: 'freeze', replica: 7 }, 'there is no replica 7'],
    ['a replica that goes on', { action: 'thaw', replica: 1 }, 'replica 1 is not frozen'],
    ['the cluster', { action: 'request' }, 'no quorum'],
  ] as const)('are refused by %s', async (_, order, reason) => {
    const { chaos, signals } = start();
    expect(await chaos.obey(order)).toBe(reason);
    expect(signals).toEqual([]);
  });

  it('cut a replica off in both directions, until all is healed', async () => {
    const { chaos, cuts } = start();
    await chaos.obey({ action: 'isolateNetwork', replica: 1 });
    expect([...cuts]).toEqual([
      [0, [1]],
      [1, [0, 2]],
      [2, [1]],
    ]);
    await chaos.obey({ action: 'heal' });
    expect([...cuts.values()]).toEqual([[], [], []]);
  });

  it('end with the cluster: nothing is left frozen', async () => {
    const { chaos, signals } = start();
    await chaos.obey({ action: 'freeze', replica: 0 });
    chaos.stop();
    expect(signals.at(-1)).toEqual([100, 'SIGCONT']);
  });
});

describe('a look at every node', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  const keys = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
  const answers = (standingOfLast: string): Record<string, unknown> => ({
    '/consensus/health': { view: 1, sequence: 9, reachable: 4, view_active: true, uptime_ms: 1 },
    '/consensus/metrics': { stable_checkpoint: 8, evidence: {} },
    '/readyz': { checks: { journal: { ok: false, detail: 'a write failed' } } },
    '/consensus/validators': {
      ...{ n: 4, f: 1, quorum: 3 },
      validators: keys.map((public_key, replica) => {
        return { replica, public_key, standing: replica === 3 ? standingOfLast : 'trusted' };
      }),
    },
  });

  async function node(standingOfLast: string): Promise<string> {
    const known = answers(standingOfLast);
    const server = createServer((request, response) => {
      response.end(JSON.stringify(known[request.url ?? '']));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('shows who is primary, what is complained of, and what f+1 nodes think of one', async () => {
    const urls = [await node('isolated'), await node('isolated'), await node('trusted')];
    const shown = Promise.withResolvers<LivePicture>();
    const events: LiveEvent[] = [];
    const feed = new LiveFeed();
    feed.listen({ onPicture: shown.resolve, onEvent: (event) => events.push(event) }, 0);
    const view = new LiveView({
      feed,
      cluster: picture().cluster,
      processes: [true, true, true, false].map((isUp, i) => ({ isUp, pid: isUp ? i : null })),
      urls: [...urls, 'http://127.0.0.1:9'],
      publicKeys: keys,
      counts: () => picture().certificates,
      cutOff: () => [],
      timers: { after: () => () => undefined },
      nowMs: () => 5,
      // However busy the machine: what is late is another matter than what is said.
      patienceMs: 60_000,
    });
    view.start();
    const { replicas } = await shown.promise;
    view.stop();
    expect(replicas.map(({ state }) => state)).toEqual(['up', 'up', 'up', 'down']);
    expect(replicas.map(({ said }) => said?.isPrimary)).toEqual([false, true, false, undefined]);
    expect(replicas[0]?.said).toMatchObject({
      stableCheckpoint: 8,
      reachable: 3,
      problems: ['journal: a write failed'],
    });
    expect(events.map(({ kind }) => kind)).toEqual(['viewChange']);
  });
});

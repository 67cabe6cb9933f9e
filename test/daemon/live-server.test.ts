import { afterEach, describe, expect, it } from 'vitest';
import type { ChaosOrder } from '../../src/daemon/live.ts';
import { LiveFeed, liveLimits } from '../../src/daemon/live-feed.ts';
import { type LiveServer, startLiveServer } from '../../src/daemon/live-server.ts';
import { picture } from './live-sample.ts';

let server: LiveServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

async function serve(
  feed: LiveFeed,
  chaos: ((order: ChaosOrder) => Promise<string | null>) | null = null,
): Promise<string> {
  server = await startLiveServer({ feed, page: '<p>page</p>', host: '127.0.0.1', port: 0, chaos });
  return server.url;
}

/** Reads the stream until it has said `text`. */
async function readUntil(url: string, text: string, lastEventId?: number): Promise<string> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
  const response = await fetch(`${url}/live/events`, { headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let heard = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    heard += decoder.decode(chunk as Uint8Array, { stream: true });
    if (heard.includes(text)) break;
  }
  return heard;
}

const order = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/live/chaos`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('the stream of a live page', () => {
  it('begins with the present and what happened lately', async () => {
    const feed = new LiveFeed();
    const url = await serve(feed);
    feed.show(picture());
    feed.tell({ atMs: 1, kind: 'fault', text: 'replica 2 killed', replica: 2 });
    const heard = await readUntil(url, 'replica 2 killed');
    expect(heard).toContain('event: picture\ndata: {"atMs"');
    expect(heard).toContain('event: happened\nid: 1\n');
  });

  it('tells who reconnects only what it missed', async () => {
    const feed = new LiveFeed();
    const url = await serve(feed);
    for (const text of ['first', 'second', 'third']) feed.tell({ atMs: 1, kind: 'process', text });
    const heard = await readUntil(url, 'third', 1);
    expect(heard).not.toContain('first');
    expect(heard).toContain('second');
  });

  it('tells everything to a page from before a restart', async () => {
    const feed = new LiveFeed();
    const url = await serve(feed);
    feed.tell({ atMs: 1, kind: 'process', text: 'new life' });
    expect(await readUntil(url, 'new life', 99)).toContain('new life');
  });

  it('keeps a bounded number of events and of pages', () => {
    const feed = new LiveFeed();
    for (let i = 0; i < liveLimits.keptEvents + 5; i++) {
      feed.tell({ atMs: i, kind: 'process', text: String(i) });
    }
    const heard: string[] = [];
    const listener = {
      onPicture: () => undefined,
      onEvent: ({ text }: { readonly text: string }) => heard.push(text),
    };
    feed.listen(listener, 0);
    expect(heard).toHaveLength(liveLimits.keptEvents);
    expect(heard[0]).toBe('5');
    for (let i = 1; i < liveLimits.listeners; i++) feed.listen({ ...listener }, 0);
    expect(feed.listen({ ...listener }, 0)).toBeNull();
  });
});

describe('a fault from the page', () => {
  it('is refused where the cluster runs without chaos', async () => {
    const url = await serve(new LiveFeed());
    const response = await order(url, { action: 'kill', replica: 1 });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('--chaos') });
  });

  it('reaches the cluster as it was asked', async () => {
    const orders: ChaosOrder[] = [];
    const url = await serve(new LiveFeed(), async (asked) => {
      orders.push(asked);
      return null;
    });
    expect((await order(url, { action: 'freeze', replica: 2 })).status).toBe(204);
    expect((await order(url, { action: 'heal' }, { origin: url })).status).toBe(204);
    expect(orders).toEqual([{ action: 'freeze', replica: 2 }, { action: 'heal' }]);
  });

  it.each([
    ['an action there is not', { action: 'explode', replica: 1 }],
    ['no replica', { action: 'kill' }],
    ['a replica that is no number', { action: 'kill', replica: 'all' }],
    ['a key there is not', { action: 'heal', force: true }],
  ])('is refused with %s', async (_, body) => {
    const url = await serve(new LiveFeed(), async () => expect.fail('carried out'));
    expect((await order(url, body)).status).toBe(422);
  });

  it("is not taken from another site's page", async () => {
    const url = await serve(new LiveFeed(), async () => expect.fail('carried out'));
    const response = await order(url, { action: 'heal' }, { origin: 'http://evil.example' });
    expect(response.status).toBe(403);
  });

  it('that cannot be done says why', async () => {
    const url = await serve(new LiveFeed(), async () => 'replica 3 is down already');
    const response = await order(url, { action: 'kill', replica: 3 });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ detail: 'replica 3 is down already' });
  });
});

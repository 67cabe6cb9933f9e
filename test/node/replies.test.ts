import { describe, expect, it } from 'vitest';
import { Replies } from '../../src/node/replies.ts';
import { limits } from '../../src/pbft/limits.ts';

const digestOf = (i: number) => i.toString(16).padStart(64, '0');
const pending = () => true;
const gone = () => false;

describe('who waits for an answer', () => {
  it('is one of a few for each request', () => {
    const replies = new Replies();
    for (let client = 0; client < 8; client++) {
      expect(replies.expect(digestOf(1), 100, `client-${client}`, pending)).toBe('expected');
    }
    expect(replies.expect(digestOf(1), 100, 'client-8', pending)).toBe('crowded');
    expect(replies.expect(digestOf(1), 100, 'client-7', pending)).toBe('expected');
  });

  it('is forgotten, longest waiting first, before a new one is refused for want of room', () => {
    const replies = new Replies();
    for (let i = 0; i < 40_000; i++) {
      expect(replies.expect(digestOf(i), 1, `client-${i}`, pending)).toBe('expected');
    }
    expect(replies.sizes.waitingRequests).toBe(32_768);
  });
});

describe('the room for requests', () => {
  const full = limits.pendingRequests / 2;

  /** `client` asks until it is sent away; says how often it was heard. */
  function fill(replies: Replies, client: string, sizeBytes = 1, from = 0): number {
    for (let i = 0; ; i++) {
      const digest = `${client}/${from + i}`;
      if (replies.expect(digest, sizeBytes, client, pending) !== 'expected') return i;
    }
  }

  it('is half one greedy client’s, and the rest is kept for whoever comes', () => {
    const replies = new Replies();
    expect(fill(replies, 'greedy')).toBe(full);
    expect(fill(replies, 'second')).toBe(full / 2);
    expect(fill(replies, 'third')).toBe(full / 4);
    expect(replies.sizes.waitingRequests).toBeLessThan(limits.pendingRequests);
  });

  it('is shared by bytes as well', () => {
    const replies = new Replies();
    const mebibyte = 1024 * 1024;
    expect(fill(replies, 'greedy', mebibyte)).toBe(limits.pendingBytes / 2 / mebibyte);
    expect(replies.expect(digestOf(1), mebibyte, 'second', pending)).toBe('expected');
  });

  it('has a place for the first request of anybody, however many there are', () => {
    const replies = new Replies();
    for (let client = 0; client < 20_000; client++) {
      expect(replies.expect(digestOf(client), 1, `client-${client}`, pending)).toBe('expected');
    }
  });

  it('comes back with the answers', () => {
    const replies = new Replies();
    fill(replies, 'greedy');
    expect(replies.share.requests).toBe(full);
    // What neither waits to be ordered nor was answered here ran elsewhere: no claim on room.
    let heard = 0;
    for (let i = 0; i < 3 * full; i++) {
      const asked = replies.expect(`again/${i}`, 1, 'greedy', gone);
      if (asked === 'expected') heard += 1;
    }
    expect(heard).toBeGreaterThanOrEqual(full);
  });
});

import { expect, it } from 'vitest';
import { Replies } from '../../src/node/replies.ts';

const digestOf = (i: number) => i.toString(16).padStart(64, '0');

it('forgets the longest waiting request before it refuses a new one', () => {
  const replies = new Replies();
  for (let i = 0; i < 40_000; i++) expect(replies.expect(digestOf(i), 'client-0')).toBe(true);
  // Still bounded: nine clients of one request are one too many, whatever was forgotten.
  const one = digestOf(39_999);
  for (let client = 1; client < 8; client++) {
    expect(replies.expect(one, `client-${client}`)).toBe(true);
  }
  expect(replies.expect(one, 'client-8')).toBe(false);
});

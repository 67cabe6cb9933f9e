import { expect, test } from 'vitest';
import { judgeTwice, verdicts } from './judge-twice.ts';

/** `npm run naive` judges 10,000. */
const requests = 1500;

test(`the ledger and a naive reader of the docs judge ${requests} requests alike`, () => {
  const { differences, seen } = judgeTwice(requests);
  expect(differences).toEqual([]);
  for (const name of verdicts) expect(seen.get(name) ?? 0, name).toBeGreaterThan(requests / 20);
});

import { encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { AnswerGuard } from '../../../src/trustchain/dns/answer-guard.ts';
import { readQuery } from '../../../src/trustchain/dns/index.ts';
import { limits } from '../../../src/trustchain/dns/limits.ts';
import { writeTruncated } from '../../../src/trustchain/dns/reply.ts';

function allowed(guard: AnswerGuard, address: string, times: number, nowMs: number): number {
  return Array.from({ length: times }, () => guard.allows(address, nowMs)).filter(Boolean).length;
}

test('A network gets its burst and then so many answers a second, other networks theirs', () => {
  const guard = new AnswerGuard();
  const { answerBurst, answersPerSecond } = limits;
  expect(allowed(guard, '192.0.2.1', answerBurst + 50, 0)).toBe(answerBurst);
  expect(allowed(guard, '192.0.2.200', 50, 0)).toBe(0);
  expect(allowed(guard, '198.51.100.1', 50, 0)).toBe(50);
  expect(allowed(guard, '192.0.2.1', answersPerSecond * 2, 1000)).toBe(answersPerSecond);
});

test('So many networks are counted at one time: the one longest silent is forgotten', () => {
  const guard = new AnswerGuard();
  allowed(guard, '10.0.0.1', limits.answerBurst, 0);
  for (let i = 1; i <= limits.countedNetworks; i++) {
    guard.allows(`11.${i >> 8}.${i & 255}.1`, 0);
  }
  expect(guard.allows('10.0.0.1', 0)).toBe(true);
});

test('What is sent instead of an answer is no longer than the question', () => {
  const questions = [{ name: 'host.mesh', type: 'A' as const }];
  const message = encode({ type: 'query', id: 3, questions });
  const read = readQuery(message);
  if (read.type !== 'query') throw new Error(read.type);
  expect(writeTruncated(read.query).length).toBe(message.length);
});

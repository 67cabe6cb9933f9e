import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestDigest } from '../../src/pbft/envelope.ts';
import type { CertifiedAnswer } from '../../src/runtime/validator.ts';
import {
  contradiction,
  readAnswer,
  rejectAnswer,
  trimVotes,
} from '../../src/validation/http-answer.ts';
import { certifiedToJson } from '../../src/validation/wire/result-certificate-json.ts';
import { nop, SigningCluster, validateRequest } from './http-cluster.ts';
import { answerJson } from './http-fakes.ts';

const cluster = new SigningCluster();
const operation = validateRequest(1);
const digest = requestDigest(operation);
const truth = cluster.certify(operation);

/**
 * Everything of an answer that somebody signed. The view is information; the size of the batch
 * only says on which side each step of the path stands, and two sizes may say the same.
 */
function proved(certified: CertifiedAnswer): unknown {
  const { answer, ...json } = certifiedToJson(certified);
  return { ...json, view: null, answer: { ...answer, batch_size: null } };
}

/** What a client makes of this text: the answer it would hand over, or null. */
function accepted(text: string): CertifiedAnswer | null {
  const epochs = cluster.chain();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const read = readAnswer(json);
  if (!read.ok || rejectAnswer(read.value.certified, digest, epochs) !== null) return null;
  return trimVotes(read.value.certified, epochs);
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The place of every value inside `json`, as keys from the outside in. */
function places(json: Json, at: readonly string[] = []): (readonly string[])[] {
  const inner = typeof json === 'object' && json !== null ? Object.entries(json) : [];
  return [at, ...inner.flatMap(([key, value]) => places(value, [...at, key]))];
}

const honestJson = answerJson(truth) as unknown as Json;

/** One value of the honest answer, replaced, removed or exchanged with another one. */
const mutatedJson = fc
  .record({
    at: fc.constantFrom(...places(honestJson).slice(1)),
    from: fc.constantFrom(...places(honestJson).slice(1)),
    how: fc.constantFrom('remove', 'replace', 'copy', 'digit', 'number', 'double'),
    value: fc.jsonValue(),
    digit: fc.nat(),
  })
  .map(({ at, from, how, value, digit }) => {
    const json = structuredClone(honestJson);
    const holder = valueAt(json, at.slice(0, -1)) as Record<string, Json>;
    const key = at.at(-1) as string;
    const old = holder[key] as Json;
    if (how === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
    else if (how === 'remove') delete holder[key];
    else if (how === 'replace') holder[key] = value as Json;
    else if (how === 'copy') holder[key] = structuredClone(valueAt(honestJson, from));
    else if (how === 'double' && Array.isArray(old)) holder[key] = [...old, ...old];
    else if (typeof old === 'number') holder[key] = old + (digit % 5) - 2;
    else if (typeof old === 'string' && old.length > 0) {
      const place = digit % old.length;
      const code = '0123456789abcdefABCDEF'[digit % 22];
      holder[key] = `${old.slice(0, place)}${code}${old.slice(place + 1)}`;
    }
    return JSON.stringify(json);
  });

function valueAt(json: Json, place: readonly string[]): Json {
  return place.reduce<Json>((inner, key) => (inner as Record<string, Json>)[key] as Json, json);
}

describe('the check of an answer', () => {
  it('accepts a changed answer only where nobody signed what was changed', () => {
    let harmless = 0;
    fc.assert(
      fc.property(mutatedJson, (text) => {
        const answer = accepted(text);
        if (answer === null) return;
        harmless++;
        expect(proved(answer)).toEqual(proved(truth));
      }),
      { numRuns: 3_000, seed: 4 },
    );
    // What is not signed may be changed, or the property would say nothing.
    expect(harmless).toBeGreaterThan(50);
  });

  it('accepts changed bytes only where they mean the same', () => {
    const text = JSON.stringify(honestJson);
    const change = fc.record({
      at: fc.nat(text.length),
      by: fc.string({ maxLength: 3 }),
      cut: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let changed = text;
        for (const { at, by, cut } of changes) {
          changed = changed.slice(0, at) + by + changed.slice(at + cut);
        }
        const answer = accepted(changed);
        if (answer !== null) expect(proved(answer)).toEqual(proved(truth));
      }),
      { numRuns: 2_000, seed: 5 },
    );
  });

  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (json, inner) => {
        expect(readAnswer(json).ok).toBe(false);
        expect(readAnswer({ status: 'valid', result_certificate: inner }).ok).toBe(false);
      }),
      { numRuns: 1_000, seed: 6 },
    );
  });

  it('shows what an endpoint says so that it cannot steer or flood a terminal', () => {
    const read = readAnswer({ status: 'error', message: `\u009b31m\u202e${'x'.repeat(900)}` });
    expect(read).toMatchObject({ ok: false, fault: { kind: 'undecided' } });
    if (read.ok) return;
    expect(read.fault.detail).toMatch(/^[\x20-\x7e]{20,300}$/);
  });

  it('keeps no more votes than a quorum, the first ones', () => {
    const all = cluster.certify(operation, { voters: [0, 1, 2, 3] });
    expect(rejectAnswer(all, digest, cluster.chain())).toBeNull();
    expect(proved(trimVotes(all, cluster.chain()))).toEqual(proved(truth));
  });

  it('notices a status that the certificate denies, and no other', () => {
    const failure = { proof: 'work', reason: 'none', measured: '0', required: '1' } as const;
    const refusal = cluster.certify(operation, { failures: [failure] });
    expect(contradiction('valid', truth)).toBeNull();
    expect(contradiction('invalid', refusal)).toBeNull();
    expect(contradiction(null, refusal)).toBeNull();
    expect(contradiction('byzantine_detected', truth)).toBeNull();
    expect(contradiction('valid', refusal)).toBe('says valid of a certified invalid');
    expect(contradiction('invalid', truth)).toBe('says invalid of a certified valid');
    expect(contradiction('valid', cluster.certify(nop(1)))).toBe(
      'says valid of a certified accepted',
    );
  });
});

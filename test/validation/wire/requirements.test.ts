import { describe, expect, it } from 'vitest';
import { profiles } from '../../../src/proofs/profiles.ts';
import {
  computeBitsOf,
  computeUnitsOf,
  echoRequirements,
  requirementsFromJson,
  toleratesFaults,
} from '../../../src/validation/wire/requirements-json.ts';

describe('consensus requirements', () => {
  it.each([
    [10, 14],
    [1_000, 20],
    [10_000, 24],
    [0, 0],
    [1, 10],
    [1025, 21],
    [2 ** 22, 32],
  ])('say %i units of compute for %i bits', (units, bits) => {
    expect(computeBitsOf(units)).toBe(bits);
  });

  it('give every number of bits back that was written as units', () => {
    for (let bits = 0; bits <= 32; bits++) expect(computeBitsOf(computeUnitsOf(bits))).toBe(bits);
  });

  it('are none when nothing is asked of the proofs', () => {
    expect(requirementsFromJson(undefined)).toBeNull();
    expect(requirementsFromJson({})).toBeNull();
    expect(requirementsFromJson({ byzantine_tolerance: 1 })).toBeNull();
  });

  it('hold what is stricter, and name what is weaker as ignored', () => {
    const asked = { minimum_stake: 99, max_time_offset_ms: 5_000, minimum_compute: 16 };
    const echo = echoRequirements(asked, profiles.localhost, 4);
    expect(echo.ignored).toEqual(['minimum_stake']);
    expect(echo.asked).toEqual(asked);
    expect(echo.effective).toEqual({
      minimum_stake: 100,
      max_time_offset_ms: 5_000,
      minimum_storage: 2 ** 20,
      minimum_compute: 16,
      byzantine_tolerance: 1,
    });
  });

  it.each([
    [{ max_time_offset_ms: 300_001 }, ['max_time_offset_ms']],
    [{ minimum_storage: 1 }, ['minimum_storage']],
    [{ minimum_compute: 1 }, ['minimum_compute']],
    [{ byzantine_tolerance: 0 }, ['byzantine_tolerance']],
    [{ byzantine_tolerance: 0.1 }, ['byzantine_tolerance']],
    [{ byzantine_tolerance: 0.33 }, []],
    [{ minimum_stake: 100, byzantine_tolerance: 1 }, []],
  ])('ignore %j as %j', (asked, ignored) => {
    expect(echoRequirements(asked, profiles.localhost, 4).ignored).toEqual(ignored);
  });

  it.each([
    [4, 1, true],
    [4, 2, false],
    [4, 0.33, true],
    [4, 0.5, false],
    [10, 0.33, true],
    [6, 0.34, false],
  ])('of %i replicas, %d faults: %s', (n, asked, tolerated) => {
    expect(toleratesFaults(n, asked)).toBe(tolerated);
  });
});

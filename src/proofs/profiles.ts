import type { Requirements } from './request.ts';

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** Requirement profiles. Compute of 10, 1,000 and 10,000 units is 14, 20 and 24 bits of work. */
export const profiles = {
  localhost: {
    minimumStake: 100,
    maxTimeOffsetMs: 300_000,
    minimumStorageBytes: mebibyte,
    minimumComputeBits: 14,
  },
  default: {
    minimumStake: 5_000,
    maxTimeOffsetMs: 60_000,
    minimumStorageBytes: gibibyte,
    minimumComputeBits: 20,
  },
  production: {
    minimumStake: 50_000,
    maxTimeOffsetMs: 30_000,
    minimumStorageBytes: 10 * gibibyte,
    minimumComputeBits: 24,
  },
} as const satisfies Record<string, Requirements>;

/** Each requirement as the stricter of both sides has it: a wish never weakens the profile. */
export function strictest(profile: Requirements, wishes: Requirements | null): Requirements {
  if (wishes === null) return profile;
  const { workFunction } = profile;
  return {
    ...(workFunction !== undefined && { workFunction }),
    minimumStake: Math.max(profile.minimumStake, wishes.minimumStake),
    maxTimeOffsetMs: Math.min(profile.maxTimeOffsetMs, wishes.maxTimeOffsetMs),
    minimumStorageBytes: Math.max(profile.minimumStorageBytes, wishes.minimumStorageBytes),
    minimumComputeBits: Math.max(profile.minimumComputeBits, wishes.minimumComputeBits),
  };
}

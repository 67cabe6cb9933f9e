import { z } from 'zod';
import { maxFaulty } from '../../pbft/quorum.ts';
import { limits as proofLimits } from '../../proofs/limits.ts';
import { strictest } from '../../proofs/profiles.ts';
import type { Requirements } from '../../proofs/request.ts';
import { count } from '../../runtime/json-format.ts';

/**
 * What a requester asks for beyond the cluster's profile. A field that is absent asks for nothing;
 * what is given is part of what the requester signs, except the tolerance, which is the cluster's
 * to have or not.
 */
export const requirementsSchema = z.strictObject({
  minimum_stake: count.optional().meta({ description: 'Whole units' }),
  max_time_offset_ms: count.optional(),
  minimum_storage: count.optional().meta({ description: 'Bytes' }),
  minimum_compute: z
    .number()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Units of 2^10 hashes, rounded up to a power of two: 10 is 14 bits' }),
  byzantine_tolerance: z
    .number()
    .min(0)
    .max(255)
    .optional()
    .meta({ description: 'Faulty replicas to be tolerated: their number, or below 1 their share' }),
});

export type RequirementsJson = z.infer<typeof requirementsSchema>;

const unitBits = 10;

/**
 * The contract's profiles say 10, 1,000 and 10,000 units for 14, 20 and 24 bits: a unit is 2^10
 * hashes, and bits are whole, rounded up so that nobody gets less than was asked for.
 */
export function computeBitsOf(units: number): number {
  return units === 0 ? 0 : Math.max(0, unitBits + Math.ceil(Math.log2(units)));
}

/** The least units of so many bits; {@link computeBitsOf} gives the bits back. */
export function computeUnitsOf(bits: number): number {
  return bits === 0 ? 0 : 2 ** (bits - unitBits);
}

/** The weakest wish there is, for fields that are absent. */
const nothing: Requirements = {
  minimumStake: 0,
  maxTimeOffsetMs: Number.MAX_SAFE_INTEGER,
  minimumStorageBytes: 0,
  minimumComputeBits: 0,
};

/** The signed part: null when nothing of it is asked. Bits may exceed what any proof can bring. */
export function requirementsFromJson(json: RequirementsJson | undefined): Requirements | null {
  const { byzantine_tolerance: _, ...asked } = json ?? {};
  if (Object.values(asked).every((value) => value === undefined)) return null;
  return {
    minimumStake: asked.minimum_stake ?? nothing.minimumStake,
    maxTimeOffsetMs: asked.max_time_offset_ms ?? nothing.maxTimeOffsetMs,
    minimumStorageBytes: asked.minimum_storage ?? nothing.minimumStorageBytes,
    minimumComputeBits: computeBitsOf(asked.minimum_compute ?? 0),
  };
}

/** All four in full, so that {@link requirementsFromJson} gives the same value back. */
export function requirementsToJson(requirements: Requirements): RequirementsJson {
  return {
    minimum_stake: requirements.minimumStake,
    max_time_offset_ms: requirements.maxTimeOffsetMs,
    minimum_storage: requirements.minimumStorageBytes,
    minimum_compute: computeUnitsOf(requirements.minimumComputeBits),
  };
}

/** Whether a cluster of `n` tolerates as many faults as asked: a number, or below 1 a share. */
export function toleratesFaults(n: number, asked: number): boolean {
  return maxFaulty(n) >= (asked < 1 ? Math.floor(asked * n) : asked);
}

/** What was asked, what was held against the proofs, and what of the wish changed nothing. */
export const requirementsEchoSchema = z.object({
  asked: requirementsSchema.nullable(),
  effective: requirementsSchema,
  ignored: z
    .array(z.string().max(64))
    .max(8)
    .meta({ description: "Fields that were weaker than the cluster's own demand, and so ignored" }),
});

export type RequirementsEcho = z.infer<typeof requirementsEchoSchema>;

/**
 * `cluster`: what the cluster demands now (its profile with the difficulty of the moment); `n`:
 * members of the epoch that decides.
 */
export function echoRequirements(
  asked: RequirementsJson | undefined,
  cluster: Requirements,
  n: number,
): RequirementsEcho {
  const wishes = requirementsFromJson(asked);
  const held = strictest(cluster, wishes);
  const weaker: Readonly<Record<string, boolean>> = {
    minimum_stake: (asked?.minimum_stake ?? Infinity) < cluster.minimumStake,
    max_time_offset_ms: (asked?.max_time_offset_ms ?? 0) > cluster.maxTimeOffsetMs,
    minimum_storage: (asked?.minimum_storage ?? Infinity) < cluster.minimumStorageBytes,
    minimum_compute:
      asked?.minimum_compute !== undefined &&
      computeBitsOf(asked.minimum_compute) < cluster.minimumComputeBits,
    byzantine_tolerance: (asked?.byzantine_tolerance ?? Infinity) < toleratedAs(n, asked),
  };
  return {
    asked: asked ?? null,
    effective: { ...requirementsToJson(held), byzantine_tolerance: maxFaulty(n) },
    ignored: Object.keys(weaker).filter((field) => weaker[field]),
  };
}

/** f of this cluster in the unit of the wish: a share where a share was asked for. */
function toleratedAs(n: number, asked: RequirementsJson | undefined): number {
  const isShare = (asked?.byzantine_tolerance ?? 1) < 1;
  return isShare ? maxFaulty(n) / n : maxFaulty(n);
}

/** The most work anybody can be asked for. */
export const maxComputeUnits = computeUnitsOf(proofLimits.workBits);

import { z } from 'zod';
import { publicKeyBytes } from '../../base/signature.ts';
import { limits as proofLimits } from '../../proofs/limits.ts';
import { wireLimits } from './limits.ts';

/** How values stand in the bodies of the HTTP API: every one bounded, each with one spelling. */

export const requestId = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 of [A-Za-z0-9._-]')
  .meta({
    description: "Chosen by the requester, one per decision; a UUID is what others can't guess",
  });

/** A DNS name, or what stands for one. */
export const name = z.string().regex(/^[A-Za-z0-9._*:-]{1,253}$/, '1 to 253 of [A-Za-z0-9._*:-]');

export const ipv6Address = z
  .string()
  .regex(/^[0-9A-Fa-f:.]{2,45}$/, 'an IPv6 address: 2 to 45 of [0-9A-Fa-f:.]');

/** A raw Ed25519 key. */
export const nodeKey = z
  .string()
  .regex(
    new RegExp(`^[0-9a-f]{${2 * publicKeyBytes}}$`),
    'an Ed25519 key: 64 lower-case hex digits',
  );

/** Absent or empty is "unsigned", which has an answer of its own; anything else is malformed. */
export const signature = z
  .string()
  .regex(
    new RegExp(`^([0-9a-f]{${2 * proofLimits.signatureBytes}})?$`),
    'an Ed25519 signature: 128 lower-case hex digits',
  );

/** Hex of at least one and at most `maxBytes` bytes. */
export function hexOf(maxBytes: number) {
  return z
    .string()
    .regex(/^([0-9a-f]{2})+$/, 'lower-case hex, one byte or more')
    .max(2 * maxBytes);
}

/** Hex of exactly `sizeBytes` bytes. */
export function hexOfExactly(sizeBytes: number) {
  const digits = 2 * sizeBytes;
  return z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `${digits} lower-case hex digits`);
}

/** A moment, to the millisecond at most: what is signed is a whole number of them. */
export const moment = z
  .string()
  .regex(
    /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/,
    'ISO 8601 in UTC from 1970 on, to the millisecond at most: 2026-01-31T12:00:00.000Z',
  )
  .refine(isMoment, 'no such day or time')
  .meta({ format: 'date-time' });

/** 30 February parses, as 2 March: a moment is one that is written back alike. */
function isMoment(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

export function momentOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** The last millisecond that {@link moment} can say. */
export const lastMomentMs = Date.parse('9999-12-31T23:59:59.999Z');

/** A short text of printable characters, for people and labels. */
export const label = z
  .string()
  .max(wireLimits.labelLength)
  .regex(/^[^\p{Cc}]*$/u, 'no control characters');

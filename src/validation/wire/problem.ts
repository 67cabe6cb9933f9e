import { z } from 'zod';
import { wireLimits } from './limits.ts';

/** RFC 9457: what went wrong, for programs (`type`, `code`) and for people (`title`, `detail`). */
export const problemSchema = z.object({
  type: z.string().max(256).meta({ description: 'URI reference that names the kind of problem' }),
  title: z.string().max(256),
  status: z.number().int().min(400).max(599),
  detail: z.string().max(2048).optional(),
  instance: z.string().max(512).optional(),
  code: z.string().max(64).meta({ description: 'The last part of `type`, for a switch' }),
  /** RFC 9457 §3's own example of an extension: where in the body, by JSON pointer (RFC 6901). */
  errors: z
    .array(z.object({ pointer: z.string().max(512), detail: z.string().max(512) }))
    .max(wireLimits.problems)
    .optional(),
  request_id: z.string().max(64).optional(),
});

export type ProblemJson = z.infer<typeof problemSchema>;

export const problemMediaType = 'application/problem+json';

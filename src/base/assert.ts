/** A broken promise inside this program: a bug of ours, never the effect of a peer's bytes. */
export class AssertionError extends Error {
  override name = 'AssertionError';
}

/**
 * Throws {@link AssertionError} unless `condition` holds. For programmer errors only. Where it is
 * asked millions of times the message is a function: numbers are slow to write down.
 */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

/** Marks a branch the type system proves unreachable; reaching it is a bug of ours. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}

/** Bounds on the bodies of the HTTP API, each with its reason. */
export const wireLimits = {
  /** Requests of one batch body: a second of an honest client's work. */
  batchRequests: 64,
  /** Characters of a text that only people and labels read. */
  labelLength: 256,
  /** Entries of `validation_context.metadata`: it is kept with the answer. */
  metadataEntries: 16,
  metadataKeyLength: 64,
  /** A problem names at most so many faults: the first ones are those to mend. */
  problems: 16,
} as const;

/** Bounds on what a scenario file may ask for, each generous and each there. */

/** Hundreds of rich scenarios fit; the worst file of this size is refused within seconds. */
export const maxFileBytes = 512 * 1024;
export const maxScenarios = 1000;
/** Values read from one file, aliases counted each time: what stops an alias bomb. */
export const maxValues = 200_000;
/** The format itself is six levels deep; a YAML reader recurses once per level. */
export const maxNesting = 64;
/** Every use of an alias walks the document once. */
export const maxAliasUses = 100;
/** Beyond this nobody reads on. */
export const maxProblems = 50;
/** n ≥ 3f+1 with f ≥ 1: with fewer voting replicas there is no fault to tolerate. */
export const minVotingReplicas = 4;
export const maxReplicas = 100;
export const maxClients = 10_000;
export const maxRequests = 1_000_000;
export const maxOutstanding = 10_000;
/** As many as a node's replay window is wide; see `proofs/limits.ts`. */
export const maxRequestBatch = 64;
export const maxRatePerSecond = 1_000_000;
export const maxAdversaries = 100;
export const maxHostileClients = 100;
/** Misdeeds of one of them: minutes of what one link takes. */
export const maxMisdeeds = 100_000;
/** Every pair of ten regions twice over. */
export const maxLinks = 100;
export const maxTimelineEvents = 1000;
export const maxDurationMs = 24 * 60 * 60 * 1000;
export const maxNameLength = 100;
export const maxDescriptionLength = 4000;

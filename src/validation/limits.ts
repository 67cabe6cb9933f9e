/** Bounds of the client role, each with its reason. */

/** Vote signatures remembered as good: some hundred batches of a large cluster. */
export const maxRememberedVotes = 16_384;
/** Sequences one replica may name for one request: a correct one names one, or few. */
export const maxVotesPerReplica = 16;
/** Callers that may wait for the same operation at the same time. */
export const maxWaitersPerRequest = 64;
/** Attempts that go only to replicas not heard yet; later ones go to all. */
export const attemptsThatSpare = 2;

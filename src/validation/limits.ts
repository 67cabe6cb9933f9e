/** Bounds of the client role, each with its reason. */

/** Vote signatures remembered as good: some hundred batches of a large cluster. */
export const maxRememberedVotes = 16_384;
/** Sequences one replica may name for one request; a correct one names one, or a few after resubmission. */
export const maxVotesPerReplica = 4;
/** Callers that may wait for the same operation at the same time. */
export const maxWaitersPerRequest = 64;

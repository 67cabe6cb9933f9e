/** Bounds of the client role, each with its reason. */

/** Vote signatures remembered as good: some hundred batches of a large cluster. */
export const maxRememberedVotes = 16_384;
/** Sequences one replica may name for one request: a correct one names one, or few. */
export const maxVotesPerReplica = 16;
/** Callers that may wait for the same operation at the same time. */
export const maxWaitersPerRequest = 64;
/** Attempts that go only to replicas not heard yet; later ones go to all. */
export const attemptsThatSpare = 2;

/** Nodes one client may be told of: as many as a cluster has, and their standbys. */
export const maxEndpoints = 255;
/** Keep-alive connections to one endpoint, each with one question at a time; others wait. */
export const connectionsPerEndpoint = 64;
export const connectTimeoutMs = 5_000;
/** The largest honest answer: 64 KiB of result and 255 votes in hex, and what is said of them. */
export const maxAnswerBytes = 1024 * 1024;
/** Validators with every change of membership that led to them. */
export const maxValidatorsBytes = 16 * 1024 * 1024;
/** An endpoint that asks for more time than this is asked again after it. */
export const maxRetryAfterMs = 600_000;
/** Answers remembered: the oldest goes when another comes. Each is some kilobytes. */
export const maxRememberedAnswers = 4_096;
/** So many questions earn the right to ask one of a second endpoint as well: `HedgeBudget`. */
export const questionsPerHedge = 5;
export const maxSavedHedges = 16;
/** Failures in a row after which an endpoint rests; one lie is enough. */
export const failuresBeforeRest = 5;
/** First rest after failures; doubles while the trials that end it fail, up to the second. */
export const minRestMs = 1_000;
export const maxRestMs = 30_000;
/** First rest of a liar and the longest: it is asked again, for keys and disks are mended. */
export const minLiarRestMs = 60_000;
export const maxLiarRestMs = 600_000;
/** Answers kept for who asks again, in number and in characters: some hours of an honest load. */
export const maxKeptAnswers = 32_768;
export const maxKeptAnswerChars = 96 * 1024 * 1024;
/** An answer is kept for a day: the ledger refuses its request as stale long before. */
export const answerKeepMs = 86_400_000;
/** Forgetting goes in steps of a sixteenth: one by one would scan the journal's keys each time. */
export const forgottenAtOnce = 16;
/** Answers to bodies that nobody signed: kept for their status alone, nobody's id is used up. */
export const maxForgedAnswers = 1024;

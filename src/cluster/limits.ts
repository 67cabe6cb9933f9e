/** Bounds of a run on real processes, each with its reason. */

/** From the first process to the last one that reports its address; 64 of them share few cores. */
export const startTimeoutMs = 60_000;
/** From the first address to the last link between replicas. */
export const connectTimeoutMs = 20_000;
/** A busy replica answers when it comes to it. */
export const readTimeoutMs = 20_000;
/** A replica that was asked to stop and has not by then is killed. */
export const stopTimeoutMs = 4000;
/** Links from clients to replicas; what is not linked by then is linked while the run goes on. */
export const clientConnectTimeoutMs = 3000;
/** After the last answer, what was set going in its wake (an isolation, say) comes to its end. */
export const minSettleMs = 500;
/** Restarted replicas may take this long after the work is done to catch up. */
export const settleTimeoutMs = 10_000;
/** What a replica has to tell is sent together this often. */
export const reportIntervalMs = 25;
/** Events in one report; a replica that has more to tell sends several. */
export const maxReportedEvents = 2000;
/** Frames that one process notes for a picture of the run; a report draws fewer than that. */
export const maxTappedFrames = 300_000;
/** Strikes between two reports; what a peer sends beyond it is not told. */
export const maxWaitingStrikes = 10_000;
/** Last bytes of a replica's error output that an error message quotes. */
export const maxErrorOutputBytes = 4096;

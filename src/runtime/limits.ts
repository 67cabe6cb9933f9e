/** Bounds of the real adapters, each with its reason. */

/** One frame of a known peer: the largest signed payload (a new view, 64 MiB) and its envelope. */
export const maxFrameBytes = 65 * 1024 * 1024;
/** One frame of a stranger. Clients send requests, and there may be many clients. */
export const maxStrangerFrameBytes = 1024 * 1024;
/** Joining small frames pays up to here: Noise and Yamux cost the same for each write. */
export const maxWriteBytes = 128 * 1024;
/** Frames that wait for one peer. Beyond it the oldest goes: retransmission replaces it. */
export const maxQueuedFrames = 16_384;
export const maxQueuedBytes = 128 * 1024 * 1024;
/**
 * A copy of what was sent before is dropped where more than this waits for the peer: the first may
 * be among it, and what waits behind two copies comes later still.
 */
export const maxBytesAhead = 256 * 1024;
/** Peers outside the table (clients) that may be linked at the same time. */
export const maxStrangers = 1024;
/** Two sides that dial at once make two connections; more from one peer are no accident. */
export const maxConnectionsPerPeer = 4;
/** A stream that replaces a broken one may arrive before the old one's reset. */
export const maxStreamsPerConnection = 2;

/** First wait before a peer is dialled again; doubles up to the second number, with jitter. */
export const redialMinMs = 50;
export const redialMaxMs = 2000;
export const dialTimeoutMs = 5000;
/** How long a stop may take before what is left is abandoned to the exit of the process. */
export const stopTimeoutMs = 3000;

/** Frames a faulty link may hold back; beyond it new ones are lost, as in a full router. */
export const maxHeldFrames = 100_000;
export const maxHeldBytes = 256 * 1024 * 1024;

/** Writes that wait for the disk. A node that runs so far ahead of it has stopped working. */
export const maxPendingWrites = 65_536;

/** One record of a file of records: a precertificate with room to spare. */
export const maxRecordBytes = 128 * 1024;

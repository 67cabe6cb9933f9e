/** Bounds of an HTTP server. The profiles differ only in how often one client may ask. */
export interface HttpLimits {
  /** Bytes of a body; routes may allow more, each for its own reason. */
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly maxConnections: number;
  /** Requests under way over all connections. */
  readonly maxRequests: number;
  /** For the headers alone: who drips them is cut off. */
  readonly headersTimeoutMs: number;
  /** For headers and body together. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly requestsPerConnection: number;
  /** How long a stopping server waits for what is under way. */
  readonly drainTimeoutMs: number;
  /** Bodies of one client in a minute, which is also what it may send at once. */
  readonly perMinute: number;
  /** Clients remembered; one that is forgotten starts with a full bucket. */
  readonly maxClients: number;
}

export const localhostHttpLimits: HttpLimits = {
  bodyBytes: 512 * 1024,
  headerBytes: 16 * 1024,
  maxConnections: 1024,
  maxRequests: 4096,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 30_000,
  requestsPerConnection: 10_000,
  drainTimeoutMs: 15_000,
  perMinute: 60,
  maxClients: 16_384,
};

export const productionHttpLimits: HttpLimits = { ...localhostHttpLimits, perMinute: 300 };

/** A batch holds many certificate bodies of some eight kilobytes each. */
export const batchBodyBytes = 4 * 1024 * 1024;

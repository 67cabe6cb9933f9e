/** Bounds on the ledger's state and on what an operation can make it do. */
export const limits = {
  /** One state transfer chunk. */
  chunkBytes: 256 * 1024,
  chunks: 65_536,
  /** An entry fits into a chunk together with its key. */
  keyBytes: 256,
  valueBytes: 192 * 1024,
  /** Deepest the tree can grow: one level per bit of a key's hash. */
  pathLength: 256,
  accounts: 65_536,
  namePatterns: 32,
  patternBytes: 253,
  /** Decisions kept for second submissions; beyond it the oldest go early (see `decisions.ts`). */
  decisions: 65_536,
  /** Keys in one record of the decision log: 256 keys of up to 200 bytes. */
  keysPerRecord: 256,
  /** Log records dropped in one batch: more than a batch can add, so that the log shrinks. */
  recordsPrunedPerBatch: 64,
  /** A new view of ten replicas with a full window of 64 certificates is some 300 KiB. */
  evidenceBytes: 1023 * 1024,
  replicas: 255,
  saltBytes: 64,
  reasonBytes: 256,
  /** What a refusal's reason is cut to: names a peer chose are ASCII, so bytes are characters. */
  reasonChars: 240,
  failures: 32,
  /** Of a measure among the decisions of a batch: 64 that all fail stay below 128 KiB. */
  batchedTextChars: 48,
  /** Verdicts of static checks kept, and operation bytes they may stand for. */
  cachedVerdicts: 8192,
  cachedVerdictBytes: 64 * 1024 * 1024,
} as const;

/** Bounds of the long-running processes, each with its reason. */

/** A genesis of 255 replicas and a thousand accounts is some 400 KiB. */
export const maxConfigBytes = 2 * 1024 * 1024;
/** Accounts in a genesis file; whoever comes later is given units by an order on the ledger. */
export const maxGenesisAccounts = 1024;
/** A key in PEM is 120 bytes. */
export const maxKeyFileBytes = 16 * 1024;
/** A process that was asked to stop ends by itself by then, whatever hangs in it. */
export const stopTimeoutMs = 20_000;
/** A process that was asked to stop and is still there by then is killed: it may be suspended. */
export const killTimeoutMs = 25_000;
/**
 * From the start of a process to its word that it is up: a large journal takes its time. Generous:
 * on a machine with too much to do, starting over is what it has least time for.
 */
export const startTimeoutMs = 600_000;
/**
 * Certificates that TrustChain has voted on under one signature. Each carries the decisions on its
 * neighbours, 0.3 KiB apiece: at 32 it has some 9 KiB, and nodes pay a third less for each than at
 * 16.
 */
export const maxSharedRequests = 32;
/** What a leaving process may still hold: its successor waits so long for the directory. */
export const lockPatienceMs = 25_000;
/** First and longest wait before a process that died is started again; doubled each time. */
export const minRestartMs = 250;
export const maxRestartMs = 30_000;
/** Between two requests of a node that lost its disk: an idle cluster is past it in a minute. */
export const recoveryPaceMs = 250;
/** A process that stayed up so long has recovered: its next restart is a first one. */
export const settledMs = 60_000;
/** Last bytes of a process's error output that messages and the log quote. */
export const maxErrorOutputBytes = 4096;
/** A process that never came up, and does not say why, is given up after so many attempts. */
export const maxFirstAttempts = 3;
/** Given to the last f nodes when all others see a quorum. */
export const stragglersMs = 10_000;
/** From all processes up to the last one that sees a quorum: links and, at worst, a view change. */
export const readyTimeoutMs = 600_000;

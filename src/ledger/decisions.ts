import { Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { own } from './account.ts';
import { limits } from './limits.ts';
import { maxResultBytes } from './result.ts';
import { type LedgerState, stateKeys } from './state.ts';

/**
 * Exactly once: what was decided is kept so that the same operation gets the same answer.
 *
 * A decision is kept for twice the profile's time offset and a margin. A request decided at D
 * carries a timestamp of at most D + offset or failed for it, so when it is forgotten the time
 * proof refuses it; its sequence number stays used for ever in any case (`replay-window.ts`), so
 * no request of an account holder can turn valid a second time, not even when the bound on the
 * number of decisions makes the oldest go early.
 */
export const retentionMarginMs = 60_000;

export function retentionMs(maxTimeOffsetMs: number): number {
  return 2 * maxTimeOffsetMs + retentionMarginMs;
}

export interface Decision {
  readonly operation: Digest;
  /** The first answer, encoded. */
  readonly result: Uint8Array;
}

export function findDecision(state: LedgerState, key: string): Decision | null {
  const value = state.get(key);
  if (value === null) return null;
  return own(value, (reader) => ({
    operation: reader.digest('operation'),
    result: reader.bytes(maxResultBytes, 'result'),
  }));
}

export function putDecision(state: LedgerState, key: string, decision: Decision): void {
  const writer = new Writer(1024).digest(decision.operation).bytes(decision.result);
  // Neighbours in memory are forgotten at about the same time.
  state.put(key, writer.finishBrief());
}

/** A queue of records in the state: [first, next), oldest first. */
interface DecisionLog {
  readonly first: number;
  readonly next: number;
  /** Decisions in all records together. */
  readonly kept: number;
}

interface DecisionRecord {
  readonly expiresAtMs: number;
  readonly keys: readonly string[];
}

function readLog(state: LedgerState): DecisionLog {
  const value = state.get(stateKeys.decisionLog);
  if (value === null) return { first: 0, next: 0, kept: 0 };
  return own(value, (reader) => ({
    first: reader.u53('first'),
    next: reader.u53('next'),
    kept: reader.u53('kept'),
  }));
}

function writeLog(state: LedgerState, { first, next, kept }: DecisionLog): void {
  state.put(stateKeys.decisionLog, new Writer(24).u53(first).u53(next).u53(kept).finish());
}

/** Notes the keys of a batch's decisions, so that they are found again when they expire. */
export function logDecisions(
  state: LedgerState,
  keys: readonly string[],
  expiresAtMs: number,
): void {
  if (keys.length === 0) return;
  const log = readLog(state);
  let next = log.next;
  for (let at = 0; at < keys.length; at += limits.keysPerRecord) {
    const part = keys.slice(at, at + limits.keysPerRecord);
    const writer = new Writer(4096).u53(expiresAtMs).list(part, (w, key) => w.text(key));
    state.put(stateKeys.decisionRecord(next++), writer.finish());
  }
  writeLog(state, { first: log.first, next, kept: log.kept + keys.length });
}

/** Forgets what has expired by `nowMs`, and the oldest while there are too many. */
export function pruneDecisions(state: LedgerState, nowMs: number): void {
  const log = readLog(state);
  let { first, kept } = log;
  for (let pruned = 0; pruned < limits.recordsPrunedPerBatch && first < log.next; pruned++) {
    const record = readRecord(state, first);
    if (record.expiresAtMs >= nowMs && kept <= limits.decisions) break;
    for (const key of record.keys) state.delete(key);
    state.delete(stateKeys.decisionRecord(first));
    kept -= record.keys.length;
    first++;
  }
  if (first !== log.first) writeLog(state, { first, next: log.next, kept });
}

function readRecord(state: LedgerState, index: number): DecisionRecord {
  const value = state.get(stateKeys.decisionRecord(index)) ?? new Uint8Array();
  return own(value, (reader) => ({
    expiresAtMs: reader.u53('expiresAtMs'),
    keys: reader.list(limits.keysPerRecord, 'keys', (r) => r.text(limits.keyBytes, 'keys')),
  }));
}

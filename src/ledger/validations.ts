import type { Digest } from '../base/digest.ts';
import type { RequestVerdict } from '../proofs/proof-set.ts';
import type { ProvenSubject } from '../proofs/request.ts';
import { findDecision, putDecision } from './decisions.ts';
import type { Genesis } from './genesis.ts';
import { replayFault, useSequence } from './replay-window.ts';
import { encodeResult } from './result.ts';
import { type LedgerState, stateKeys } from './state.ts';
import type { StaticVerdict } from './static-check.ts';
import { computeBitsFor, decideValidation, type Requester, requesterOf } from './validate.ts';

/** A validation under execution, of one request or of many. */
export interface Judging {
  readonly state: LedgerState;
  readonly genesis: Genesis;
  readonly isValidator: (key: Uint8Array) => boolean;
  /** `requestDigest` of the operation. */
  readonly operation: Digest;
  /** Keys of the decisions this batch of operations recorded so far. */
  readonly recorded: string[];
}

/** Decides on one request that has a signature of its own. */
export function validateOne(
  judging: Judging,
  { request, verdict }: Extract<StaticVerdict, { type: 'validate' }>,
): Uint8Array {
  const { state, genesis, operation } = judging;
  const { nodeId, requestId } = request.subject;
  const requestKey = stateKeys.request(nodeId, requestId);
  const known = findDecision(state, requestKey);
  if (known?.operation === operation) return known.result;
  const again = known === null ? null : findDecision(state, stateKeys.decision(operation));
  if (again !== null) return again.result;
  const requester = requesterOf(state, nodeId, judging.isValidator);
  const judged = { genesis, operation, idUsed: known !== null };
  const decided = decideValidation(requester, request, verdict, judged);
  const result = encodeResult(decided);
  count(judging, decided.status === 'valid' ? 1 : 0);
  // A forgery must not use up what is its victim's: it leaves no trace in the state, and is
  // judged anew, equally invalid, whenever it comes again.
  if (!verdict.authentic) return result;
  consume(requester, request);
  keepWindow(state, nodeId, requester);
  record(judging, known === null ? requestKey : stateKeys.decision(operation), result);
  return result;
}

/** Under the id of a request in a batch: its decision is in the result of the operation. */
const noResult = new Uint8Array();

/**
 * Decides on each request as {@link validateOne} does, one after the other: what one uses up, the
 * next cannot use, and what is wrong with one is said of that one. The answer to all is kept once,
 * under the operation, which each request's id names: the id is taken, and a batch that comes again
 * gets its first answer.
 */
export function validateMany(
  judging: Judging,
  { requests, verdicts }: Extract<StaticVerdict, { type: 'validateBatch' }>,
): Uint8Array {
  const { state, genesis, isValidator, operation } = judging;
  const answerKey = stateKeys.decision(operation);
  const known = findDecision(state, answerKey);
  if (known !== null) return known.result;
  const authentic = verdicts.every((verdict) => verdict.authentic);
  const { nodeId } = (requests[0] as ProvenSubject).subject;
  const requester = requesterOf(state, nodeId, isValidator);
  const decisions = requests.map((request, i) => {
    const requestKey = stateKeys.request(nodeId, request.subject.requestId);
    const idUsed = state.get(requestKey) !== null;
    const judged = { genesis, operation, idUsed };
    const decided = decideValidation(requester, request, verdicts[i] as RequestVerdict, judged);
    if (!authentic) return decided;
    consume(requester, request);
    if (!idUsed) record(judging, requestKey, noResult);
    return decided;
  });
  keepWindow(state, nodeId, requester);
  count(judging, decisions.filter(({ status }) => status === 'valid').length);
  const { nowMs, beacon } = state.clock;
  const computeBits = computeBitsFor(state, genesis, beacon);
  const answered = { operation, decidedAtMs: nowMs, beacon, computeBits };
  const result = encodeResult({ type: 'validations', ...answered, decisions });
  if (authentic) record(judging, answerKey, result);
  return result;
}

function record({ state, operation, recorded }: Judging, key: string, result: Uint8Array): void {
  putDecision(state, key, { operation, result });
  recorded.push(key);
}

function count({ state, genesis }: Judging, valid: number): void {
  if (genesis.load === undefined || valid === 0) return;
  const { load } = state;
  state.load = { ...load, counted: load.counted + valid };
}

/** Account holders only: a window per made-up key would let anybody fill the state. */
function consume(requester: Requester, { proofs }: ProvenSubject): void {
  const { account, window } = requester;
  const { sequence } = proofs.time;
  if (account === null || sequence < 1 || replayFault(window, sequence) !== null) return;
  requester.window = useSequence(window, sequence);
}

function keepWindow(state: LedgerState, nodeId: Uint8Array, { window }: Requester): void {
  if (window !== state.window(nodeId)) state.putWindow(nodeId, window);
}

import { assert } from '../base/assert.ts';
import { ballotAside, castCommit, castPrepare, compareHeaders, sameHeader } from './ballots.ts';
import { batchDigest, headerDigest, requestDigest } from './envelope.ts';
import { isOutOfTurn } from './evidence.ts';
import { executeDecided } from './execution.ts';
import { noteProposal, waitsForMore } from './gathering.ts';
import { limits } from './limits.ts';
import {
  addPending,
  batchOf,
  commitCertificate,
  deniesDecision,
  keepBatch,
  markProposed,
  preparedCertificate,
  slotAt,
} from './log.ts';
import type {
  CommitCertificate,
  Envelope,
  MessageOf,
  Operation,
  PrePrepare,
  Prepare,
  ReplicaIndex,
} from './messages.ts';
import type { Reason } from './reason.ts';
import type { Ballot, Core, Slot } from './state.ts';

/** A request to be ordered (§4.2). Known and executed ones are the node's business to answer. */
export function onRequest(core: Core, operation: Operation): void {
  const { state } = core;
  const digest = requestDigest(operation);
  if (operation.length === 0 || operation.length > limits.operationBytes) return;
  if (state.pending.has(digest)) return;
  if (state.pending.size >= limits.pendingRequests) return;
  if (state.pendingBytes + operation.length > limits.pendingBytes) return;
  addPending(core, digest, operation);
}

/** The primary proposes as long as the pipeline has room and requests wait. */
export function propose(core: Core): void {
  const { state } = core;
  if (state.unproposed.size === 0 && state.epochEnd === null) return;
  const { pipelineDepth } = core.options.parameters;
  while (
    state.active &&
    core.isPrimary() &&
    core.mayVote() &&
    state.lastProposed < core.highWatermark
  ) {
    const inFlight = state.lastProposed - state.lastExecuted;
    if (state.epochEnd === null && !mayFillABatch(core) && mustWait(core, inFlight)) return;
    const batch = nextBatch(core);
    // With the epoch's end in sight nobody waits for requests: null batches lead there, at once.
    if (batch.length === 0 ? state.epochEnd === null : inFlight >= pipelineDepth) return;
    if (state.epochEnd === null && !isWorthASlot(core, batch, inFlight)) return;
    sendPrePrepare(core, batch);
  }
}

/** Asked before one is gathered, which for every request that arrives would be too much. */
function mayFillABatch({ state, options }: Core): boolean {
  const { maxBatchOperations, maxBatchBytes } = options.parameters;
  return state.unproposed.size >= maxBatchOperations || state.pendingBytes > maxBatchBytes;
}

/**
 * A slot costs every replica the same signatures and messages, whatever it holds: beyond two in
 * flight, or one where the primary gathers, a batch waits until it is full.
 */
function mustWait(core: Core, inFlight: number): boolean {
  const gathers = core.options.parameters.proposalIntervalMs > 0;
  return inFlight >= (gathers ? 1 : 2) || waitsForMore(core);
}

/**
 * While others are in flight a batch waits until it is full or as large as all of them together:
 * the busier the cluster, the larger its batches, and where nothing is in flight nobody waits.
 */
function isWorthASlot(core: Core, batch: readonly Operation[], inFlight: number): boolean {
  const { lastExecuted, lastProposed, unproposed, slots } = core.state;
  const { maxBatchOperations } = core.options.parameters;
  if (batch.length === maxBatchOperations || batch.length < unproposed.size) return true;
  if (mustWait(core, inFlight)) return false;
  let operations = 0;
  for (let sequence = lastExecuted + 1; sequence <= lastProposed; sequence++) {
    const slot = slots.get(sequence);
    operations += slot === undefined ? 0 : (batchOf(core, slot)?.length ?? 0);
  }
  return batch.length >= operations;
}

function nextBatch(core: Core): Operation[] {
  const { pending, unproposed } = core.state;
  const { maxBatchOperations, maxBatchBytes } = core.options.parameters;
  const batch: Operation[] = [];
  let sizeBytes = 0;
  for (const digest of unproposed) {
    const operation = pending.get(digest);
    assert(operation !== undefined, 'an unproposed request is pending');
    if (batch.length >= maxBatchOperations) break;
    if (batch.length > 0 && sizeBytes + operation.length > maxBatchBytes) break;
    batch.push(operation);
    sizeBytes += operation.length;
  }
  return batch;
}

function sendPrePrepare(core: Core, batch: readonly Operation[]): void {
  const { state } = core;
  const sequence = ++state.lastProposed;
  noteProposal(core);
  const header = core.seal({
    type: 'prePrepare',
    view: state.view,
    sequence,
    batchDigest: batchDigest(batch),
    timestamp: batch.length > 0 ? Math.max(core.nowMs, newestTimestampBelow(core, sequence)) : 0,
  });
  const slot = slotAt(core, sequence);
  acceptHeader(core, slot, header, batch);
  core.send('others', { type: 'prePrepare', header, batch });
  progress(core, slot);
}

/** The agreed time never runs back: the latest time known at a lower sequence. */
function newestTimestampBelow(core: Core, sequence: number): number {
  let newest = core.state.lastTimestamp;
  for (let s = sequence - 1; s > core.state.lastExecuted; s--) {
    const timestamp = core.state.slots.get(s)?.header?.statement.timestamp ?? 0;
    if (timestamp > newest) newest = timestamp;
  }
  return newest;
}

/** Remembers header and batch, on disk before anything that depends on them leaves. */
export function acceptHeader(
  core: Core,
  slot: Slot,
  header: Envelope<PrePrepare>,
  batch: readonly Operation[],
): void {
  slot.header = header;
  slot.acceptedTick = core.state.tick;
  core.state.heardPrimary = true;
  slot.seen ??= header;
  keepBatch(core, header.statement, batch);
  markProposed(core, slot.sequence, batch);
  core.emit({ type: 'persist', record: { type: 'accepted', header, batch } });
}

/** Where votes count; null for what is old, early or of another view: no fault of anyone. */
function openSlot(core: Core, view: number, sequence: number): Slot | null {
  if (!core.state.active || view !== core.state.view) return null;
  // The slot of the vote before is in the window: whatever moves that forgets it.
  const isOpen = core.newestSlot?.sequence === sequence || core.inWindow(sequence);
  return isOpen ? slotAt(core, sequence) : null;
}

/** §4.2: the conditions on which a backup accepts a pre-prepare. */
export function onPrePrepare(core: Core, from: ReplicaIndex, m: MessageOf<'prePrepare'>): void {
  const { header, batch } = m;
  const { view, sequence } = header.statement;
  // Before it is asked whether it matters here: nobody else may sign a header, of any view.
  if (isOutOfTurn(header, core.n)) return accuseOutOfTurn(core, header);
  const slot = openSlot(core, view, sequence);
  const ballot = slot ?? ballotAside(core, view, sequence);
  // First: the signature binds the primary to the header, whatever batch came along with it.
  const conflicts = ballot !== null && compareHeaders(core, ballot, header);
  if (slot === null) return;
  const rejected = rejectPrePrepare(core, m);
  if (rejected !== null) return core.strike(from, rejected);
  if (conflicts) return;
  if (slot.header !== null || deniesDecision(slot, header.statement)) return;
  // A re-proposal that the new view demands comes without a batch and is accepted there; a
  // fresh proposal must carry a time close to this replica's own (§4.6).
  if (ignoreTimestamp(core, header.statement) !== null) return;
  acceptHeader(core, slot, header, batch);
  sendPrepare(core, slot);
  progress(core, slot);
}

function rejectPrePrepare(core: Core, { header, batch }: MessageOf<'prePrepare'>): Reason | null {
  const { parameters } = core.options;
  const { timestamp } = header.statement;
  if (header.sender === core.index) return 'own pre-prepare from elsewhere';
  if (batch.length > parameters.maxBatchOperations) return `batch of ${batch.length} operations`;
  // Null batches carry no time, all others do: a batch has one valid form.
  if ((batch.length === 0) !== (timestamp === 0)) return 'null batch with a time';
  if (batchDigest(batch) !== header.statement.batchDigest) return 'batch and header differ';
  let sizeBytes = 0;
  const seen = new Set<string>();
  for (const operation of batch) {
    sizeBytes += operation.length;
    seen.add(requestDigest(operation));
  }
  if (seen.size !== batch.length) return 'one request twice in a batch';
  if (batch.length > 1 && sizeBytes > parameters.maxBatchBytes)
    return `batch of ${sizeBytes} bytes`;
  return null;
}

/** §4.6: the proposed time moves forward and stands near this replica's own. */
function ignoreTimestamp(core: Core, { sequence, timestamp }: PrePrepare): Reason | null {
  if (timestamp === 0) return null;
  const skewMs = Math.abs(timestamp - core.nowMs);
  if (skewMs > core.options.parameters.maxClockSkewMs) return `timestamp ${skewMs} ms off`;
  if (timestamp < newestTimestampBelow(core, sequence)) return 'timestamp runs backwards';
  return null;
}

export function sendPrepare(core: Core, slot: Slot): void {
  const { header } = slot;
  if (header === null || header.sender === core.index || !core.mayVote()) return;
  const { view, sequence } = header.statement;
  const digest = headerDigest(header);
  const vote = core.seal({ type: 'prepare', view, sequence, headerDigest: digest });
  slot.prepares.set(core.index, vote);
  core.send('others', { type: 'prepare', vote, header });
}

/** §4.2: counted only from its signer, only from backups, once per sender. */
export function onPrepare(core: Core, from: ReplicaIndex, m: MessageOf<'prepare'>): void {
  const { vote, header } = m;
  const { view, sequence } = vote.statement;
  if (isOutOfTurn(vote, core.n)) return accuseOutOfTurn(core, vote);
  const slot = openSlot(core, view, sequence);
  const ballot = slot ?? ballotAside(core, view, sequence);
  if (ballot === null) return;
  // First: the signature binds its signer to the vote, whatever header came along with it.
  castPrepare(core, ballot, vote);
  // And the other way round: a header binds the primary, whatever vote quotes it.
  const isSeen = sameHeader(ballot.seen, header);
  const examined = isSeen ? null : examineQuoted(core, header);
  const rejected = rejectPrepare(ballot, m, isSeen) ?? examined?.rejected ?? null;
  if (rejected !== null) core.strike(from, rejected);
  if (slot !== null && examined?.conflicts !== true) progress(core, slot);
}

function accuseOutOfTurn(core: Core, vote: Envelope<PrePrepare | Prepare>): void {
  core.accuse({ type: 'outOfTurn', accused: vote.sender, vote });
}

/** What a header that came in somebody's prepare says against who quotes it, and who signed it. */
interface Examined {
  readonly rejected: Reason | null;
  readonly conflicts: boolean;
}

/** The header seen first was verified when it came; any other must prove itself. */
function examineQuoted(core: Core, header: Envelope<PrePrepare>): Examined {
  const { sender, payload, signature, statement } = header;
  const { view, sequence } = statement;
  if (!core.options.verify(sender, payload, signature)) {
    return { rejected: 'prepare quotes a forged header', conflicts: false };
  }
  if (isOutOfTurn(header, core.n)) {
    accuseOutOfTurn(core, header);
    return { rejected: 'prepare quotes a header not by the primary', conflicts: false };
  }
  const ballot = openSlot(core, view, sequence) ?? ballotAside(core, view, sequence);
  const conflicts = ballot !== null && compareHeaders(core, ballot, header);
  return { rejected: null, conflicts };
}

function rejectPrepare({ seen }: Ballot, m: MessageOf<'prepare'>, isSeen: boolean): Reason | null {
  const { vote, header } = m;
  const { view, sequence } = vote.statement;
  if (header.statement.view !== view || header.statement.sequence !== sequence) {
    return 'prepare quotes the header of another slot';
  }
  // The header seen first was named when it came.
  const named = isSeen && seen !== null ? seen : header;
  return headerDigest(named) === vote.statement.headerDigest
    ? null
    : 'prepare misquotes its header';
}

export function onCommit(core: Core, _from: ReplicaIndex, m: MessageOf<'commit'>): void {
  const { vote } = m;
  const { view, sequence } = vote.statement;
  const slot = openSlot(core, view, sequence);
  const ballot = slot ?? ballotAside(core, view, sequence);
  const isNew = ballot !== null && castCommit(core, ballot, vote);
  if (slot !== null && isNew) progress(core, slot);
}

/** After anything new in a slot: prepared → commit, committed → decided. */
export function progress(core: Core, slot: Slot): void {
  if (slot.header === null) return;
  if (slot.prepared?.header.statement.view !== slot.view) {
    const certificate = preparedCertificate(core, slot);
    if (certificate !== null) becomePrepared(core, slot, certificate);
  }
  if (slot.decided === null) {
    const certificate = commitCertificate(core, slot);
    if (certificate !== null) decide(core, slot, certificate, null);
  }
}

function becomePrepared(core: Core, slot: Slot, certificate: NonNullable<Slot['prepared']>): void {
  slot.prepared = certificate;
  if (!core.mayVote()) return;
  core.emit({ type: 'persist', record: { type: 'prepared', certificate } });
  const { view, sequence } = certificate.header.statement;
  const digest = headerDigest(certificate.header);
  const vote = core.seal({ type: 'commit', view, sequence, headerDigest: digest });
  slot.commits.set(core.index, vote);
  core.send('others', { type: 'commit', vote });
}

/**
 * A quorum committed: final, whatever views follow. `batch` is given when no journal record has it.
 *
 * The reply does not wait for the record: who forgets a decision learns it again, because what a
 * quorum committed a quorum has on disk as prepared, and to execute it again gives the same. But
 * how far a replica says it is, others build on (see `onReplyStable`).
 */
export function decide(
  core: Core,
  slot: Slot,
  certificate: CommitCertificate,
  batch: readonly Operation[] | null,
): void {
  slot.decided = certificate;
  if (batch !== null) keepBatch(core, certificate.header.statement, batch);
  core.emit({ type: 'persist', record: { type: 'decided', certificate, batch }, later: true });
  executeDecided(core);
}

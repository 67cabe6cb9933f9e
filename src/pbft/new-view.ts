import { equalBytes } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { compareHeaders } from './ballots.ts';
import { onCertificate, rememberCertificate } from './checkpoint.ts';
import { nullBatchDigest } from './envelope.ts';
import { deniesDecision, findBatch, slotAt, unmarkProposed } from './log.ts';
import type {
  CheckpointCertificate,
  Envelope,
  MessageOf,
  NewView,
  Operation,
  PrePrepare,
  ReplicaIndex,
  ViewChange,
} from './messages.ts';
import { acceptHeader, progress, sendPrepare } from './normal-case.ts';
import { quorum, weakQuorum } from './quorum.ts';
import type { Reason } from './reason.ts';
import type { Court } from './replica.ts';
import type { Core, Slot } from './state.ts';
import { leaveView, markViewEntered, rejectViewChange, viewChangesForView } from './view-change.ts';

/** What a new view must contain: a function of its view changes, recomputed by every backup. */
interface Choice {
  /** The highest stable checkpoint among the view changes. */
  readonly stable: CheckpointCertificate | null;
  readonly headers: readonly PrePrepare[];
}

/**
 * §4.4, the set O: from the highest stable checkpoint to the highest prepared sequence, what
 * prepared in the highest view, and the null batch where nothing did.
 */
export function chooseHeaders(
  view: number,
  viewChanges: readonly Envelope<ViewChange>[],
  base: CheckpointCertificate | undefined,
): Choice {
  let stable: CheckpointCertificate | null = null;
  const best = new Map<number, PrePrepare>();
  for (const { statement } of viewChanges) {
    const sequence = statement.stable?.statement.sequence ?? 0;
    if (sequence > (stable?.statement.sequence ?? 0)) stable = statement.stable;
    for (const { header } of statement.prepared) {
      const known = best.get(header.statement.sequence);
      if (known === undefined || header.statement.view > known.view) {
        best.set(header.statement.sequence, header.statement);
      }
    }
  }
  const low = (stable ?? base)?.statement.sequence ?? 0;
  const high = Math.max(low, ...best.keys());
  const headers: PrePrepare[] = [];
  for (let sequence = low + 1; sequence <= high; sequence++) {
    const chosen = best.get(sequence);
    const content = chosen ?? { batchDigest: nullBatchDigest, timestamp: 0 };
    const { batchDigest, timestamp } = content;
    headers.push({ type: 'prePrepare', view, sequence, batchDigest, timestamp });
  }
  return { stable, headers };
}

/** §4.4: the primary of the view this replica waits for opens it as soon as a quorum wants it. */
export function openView(core: Core): void {
  const { state } = core;
  if (state.active || !core.isPrimary() || !core.mayLeaveFor(state.view)) return;
  const viewChanges = viewChangesForView(core);
  if (viewChanges.length < quorum(core.n)) return;
  const { stable, headers } = chooseHeaders(state.view, viewChanges, core.options.base);
  const sealed = headers.map((header) => core.seal(header));
  const vote = core.seal({ type: 'newView', view: state.view, viewChanges, headers: sealed });
  core.emit({ type: 'persist', record: { type: 'enteredView', vote } });
  core.send('others', { type: 'newView', vote });
  enterView(core, vote, stable);
}

/** Why this new view does not follow from what it carries, or null. */
export function rejectNewView(
  { sender, statement }: Envelope<NewView>,
  options: Court,
): Reason | null {
  const { view, viewChanges, headers } = statement;
  const n = options.validators.publicKeys.length;
  if (view === 0 || sender !== view % n) return 'not by the primary of the view';
  if (viewChanges.length < quorum(n)) return `${viewChanges.length} view changes`;
  let previous = -1;
  for (const vote of viewChanges) {
    if (vote.sender <= previous) return `view change of ${vote.sender} out of order or twice`;
    previous = vote.sender;
    if (vote.statement.view !== view) return `view change for view ${vote.statement.view}`;
    if (!options.verify(vote.sender, vote.payload, vote.signature)) {
      return `signature of view change of ${vote.sender}`;
    }
    const reason = rejectViewChange(vote, options);
    if (reason !== null) return `view change of ${vote.sender}: ${reason}`;
  }
  return rejectHeaders(
    sender,
    headers,
    chooseHeaders(view, viewChanges, options.base).headers,
    options,
  );
}

function rejectHeaders(
  sender: ReplicaIndex,
  headers: readonly Envelope<PrePrepare>[],
  expected: readonly PrePrepare[],
  options: Court,
): Reason | null {
  if (headers.length !== expected.length) {
    return `${headers.length} headers, ${expected.length} follow from the view changes`;
  }
  for (const [i, header] of headers.entries()) {
    const { view, sequence, batchDigest, timestamp } = header.statement;
    const wanted = expected[i];
    if (
      header.sender !== sender ||
      view !== wanted?.view ||
      sequence !== wanted.sequence ||
      batchDigest !== wanted.batchDigest ||
      timestamp !== wanted.timestamp
    ) {
      return `header of sequence ${sequence} does not follow from the view changes`;
    }
    if (!options.verify(sender, header.payload, header.signature)) {
      return `signature of header of sequence ${sequence}`;
    }
  }
  return null;
}

export function onNewView(core: Core, _from: ReplicaIndex, { vote }: MessageOf<'newView'>): void {
  const { state } = core;
  const { view, viewChanges } = vote.statement;
  if (vote.sender === core.index) return;
  if (state.newView !== null && equalBytes(state.newView.payload, vote.payload)) return;
  const isLate = view < state.view || (view === state.view && state.active);
  // As with view changes: what comes too late to matter may still be the lie that proves itself.
  if (isLate && core.hasAccused(vote.sender, 'invalidNewView')) return;
  if (rejectNewView(vote, core.options) !== null) {
    core.accuse({ type: 'invalidNewView', accused: vote.sender, vote });
    // Only its own primary ends a view, once a quorum waits for it: nobody is lured further.
    const itsPrimary = vote.sender === core.primary(view);
    if (view === state.view && itsPrimary && state.awaitingNewView) leaveView(core, view + 1);
    return;
  }
  for (const { statement } of viewChanges) {
    if (statement.stable !== null) rememberCertificate(core, statement.stable);
  }
  if (isLate) return;
  state.view = view;
  core.emit({ type: 'persist', record: { type: 'enteredView', vote } });
  enterView(core, vote, chooseHeaders(view, viewChanges, core.options.base).stable);
}

/** Accepts the new view's headers as if each had come in a pre-prepare (§4.4). */
function enterView(core: Core, vote: Envelope<NewView>, stable: Choice['stable']): void {
  const { state } = core;
  state.newView = vote;
  unmarkProposed(core);
  markViewEntered(core);
  if (stable !== null) onCertificate(core, stable);
  // Every header counts as proposed; none of these sequences is free for another batch.
  state.lastProposed = stable?.statement.sequence ?? core.baseSequence;
  for (const header of vote.statement.headers) state.lastProposed = header.statement.sequence;
  state.lastProposed = Math.max(state.lastProposed, core.lowWatermark);
  for (const header of vote.statement.headers) {
    if (core.inWindow(header.statement.sequence)) reaccept(core, header);
  }
}

function reaccept(core: Core, header: Envelope<PrePrepare>): void {
  const slot = slotAt(core, header.statement.sequence);
  if (compareHeaders(core, slot, header)) return;
  if (deniesDecision(slot, header.statement)) return;
  const { batchDigest } = header.statement;
  const batch = batchDigest === nullBatchDigest ? [] : findBatch(core, batchDigest);
  if (batch === null) return askForBatch(core, batchDigest);
  answerHeader(core, slot, header, batch);
}

/** f+1 correct replicas have what had prepared. Asks f+1 peers, at the next tick others. */
function askForBatch(core: Core, batchDigest: Digest): void {
  for (let asked = 0; asked < weakQuorum(core.n); asked++) {
    core.send(core.nextHelper(), { type: 'fetchBatch', batchDigest });
  }
}

function answerHeader(
  core: Core,
  slot: Slot,
  header: Envelope<PrePrepare>,
  batch: readonly Operation[],
): void {
  acceptHeader(core, slot, header, batch);
  sendPrepare(core, slot);
  progress(core, slot);
}

/** Headers of the new view not yet answered: the batch is missing, or the window was elsewhere. */
function unanswered(core: Core): Envelope<PrePrepare>[] {
  const headers = core.state.active ? (core.state.newView?.statement.headers ?? []) : [];
  return headers.filter(({ statement: { view, sequence } }) => {
    if (view !== core.state.view || !core.inWindow(sequence)) return false;
    return slotAt(core, sequence).header === null;
  });
}

/** The batch of a re-proposed header came from a peer: its digest is all that matters. */
export function onMissingBatch(core: Core, batch: readonly Operation[], digest: string): void {
  for (const header of unanswered(core)) {
    if (header.statement.batchDigest !== digest) continue;
    const slot = slotAt(core, header.statement.sequence);
    if (!deniesDecision(slot, header.statement)) answerHeader(core, slot, header, batch);
  }
}

/**
 * Takes up headers of the new view that could not be answered when it opened, after a restart and
 * from time to time; asks again for batches that did not come.
 */
export function answerNewView(core: Core): void {
  for (const header of unanswered(core)) reaccept(core, header);
}

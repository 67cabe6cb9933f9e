import type { Digest } from '../base/digest.ts';
import { OntoObject } from '../base/memo.ts';
import { clearAside, putAside, takeAside } from './ballots.ts';
import { headerDigest, requestDigest } from './envelope.ts';
import type {
  CommitCertificate,
  Envelope,
  Operation,
  PrePrepare,
  PreparedCertificate,
  Vote,
} from './messages.ts';
import type { Core, Slot } from './state.ts';

/** The slot of a sequence in the window, its votes belonging to the current view. */
export function slotAt(core: Core, sequence: number): Slot {
  const { slots, view } = core.state;
  const { newestSlot } = core;
  if (newestSlot?.sequence === sequence && newestSlot.view === view) return newestSlot;
  let slot = slots.get(sequence);
  if (slot === undefined) {
    const ballot = takeAside(core, view, sequence);
    slot = {
      sequence,
      view,
      header: null,
      acceptedTick: null,
      ...ballot,
      prepared: null,
      decided: null,
    };
    slots.set(sequence, slot);
  } else if (slot.view !== view) {
    putAside(core, slot);
    slot.view = view;
    slot.header = null;
    slot.acceptedTick = null;
    Object.assign(slot, takeAside(core, view, sequence));
  }
  core.newestSlot = slot;
  return slot;
}

/** The batch of the header accepted here, if its operations are known. */
export function batchOf(core: Core, slot: Slot): readonly Operation[] | null {
  if (slot.header === null) return null;
  return findBatch(core, slot.header.statement.batchDigest);
}

/**
 * An envelope's vote as certificates hold it, kept with the envelope. All replicas of a process
 * (the simulator's) hold the same envelopes, and of the certificates of a log window, two for each
 * slot and replica, votes of their own would be the larger part. A memo with code of its own.
 */
class VoteOf extends OntoObject {
  readonly #vote: Vote;

  constructor(envelope: Envelope) {
    super(envelope);
    this.#vote = { replica: envelope.sender, signature: envelope.signature };
  }

  static in(envelope: Envelope): Vote {
    if (!(#vote in envelope)) new VoteOf(envelope);
    return (envelope as unknown as VoteOf).#vote;
  }
}

/** Votes that name `digest`, ascending by replica. */
function votesFor(
  votes: Slot['prepares'] | Slot['commits'],
  digest: Digest,
  except: number | null,
): Vote[] {
  const found: Vote[] = [];
  for (let replica = 0; replica < votes.length; replica++) {
    const vote = votes.get(replica);
    if (vote === undefined || replica === except) continue;
    if (vote.statement.headerDigest === digest) found.push(VoteOf.in(vote));
  }
  return found;
}

/** §4.2 `prepared`: the header, its batch, and quorum − 1 matching prepares by backups. */
export function preparedCertificate(core: Core, slot: Slot): PreparedCertificate | null {
  const { header } = slot;
  if (header === null || slot.prepares.size < core.quorum - 1) return null;
  if (batchOf(core, slot) === null) return null;
  const prepares = votesFor(slot.prepares, headerDigest(header), header.sender);
  return prepares.length >= core.quorum - 1 ? { header, prepares } : null;
}

/** §4.2 `committedLocal`: the header, its batch, and a quorum of matching commits. */
export function commitCertificate(core: Core, slot: Slot): CommitCertificate | null {
  const { header } = slot;
  if (header === null || slot.commits.size < core.quorum) return null;
  if (batchOf(core, slot) === null) return null;
  const commits = votesFor(slot.commits, headerDigest(header), null);
  return commits.length >= core.quorum ? { header, commits } : null;
}

/** Remembers the operations behind a header's digest. */
export function keepBatch(
  core: Core,
  { batchDigest, sequence }: PrePrepare,
  operations: readonly Operation[],
): void {
  const known = core.state.batches.get(batchDigest)?.sequence ?? 0;
  core.state.batches.set(batchDigest, { sequence: Math.max(known, sequence), operations });
}

export function findBatch(core: Core, digest: Digest): readonly Operation[] | null {
  return core.state.batches.get(digest)?.operations ?? null;
}

/** §4.3: discards everything at and below the low watermark. */
export function collectGarbage(core: Core): void {
  const { slots, batches, checkpointVotes } = core.state;
  core.newestSlot = null;
  clearAside(core);
  for (const sequence of slots.keys()) if (sequence <= core.lowWatermark) slots.delete(sequence);
  for (const sequence of checkpointVotes.keys()) {
    if (sequence < core.lowestVote) checkpointVotes.delete(sequence);
  }
  for (const [digest, { sequence }] of batches) {
    if (sequence <= core.lowWatermark) batches.delete(digest);
  }
}

/** A request joins the waiting list, unless a batch of this view already holds it. */
export function addPending(core: Core, digest: Digest, operation: Operation): void {
  const { state } = core;
  state.pending.set(digest, operation);
  state.pendingBytes += operation.length;
  if (!state.proposed.has(digest)) state.unproposed.add(digest);
}

/** The requests of a batch that stands at `sequence` in this view wait for it alone. */
export function markProposed(core: Core, sequence: number, batch: readonly Operation[]): void {
  const { state } = core;
  if (sequence <= state.lastExecuted) return;
  for (const operation of batch) {
    const digest = requestDigest(operation);
    state.proposed.add(digest);
    state.unproposed.delete(digest);
  }
}

/** The batches of the view that ended hold nothing any more. */
export function unmarkProposed(core: Core): void {
  const { pending, proposed, unproposed, relayed } = core.state;
  proposed.clear();
  relayed.clear();
  unproposed.clear();
  for (const digest of pending.keys()) unproposed.add(digest);
}

/**
 * True when a header orders something else than what was decided at its sequence. While at most f
 * replicas are faulty nobody can have it ordered; if more are, this one at least does not help.
 */
export function deniesDecision({ decided }: Slot, header: PrePrepare): boolean {
  if (decided === null) return false;
  const { batchDigest, timestamp } = decided.header.statement;
  return batchDigest !== header.batchDigest || timestamp !== header.timestamp;
}

/** Marks what the live headers of this view hold, as after slots were skipped. */
export function remarkProposed(core: Core): void {
  unmarkProposed(core);
  for (const slot of core.state.slots.values()) {
    const live = slot.view === core.state.view && core.state.active;
    const batch = live ? batchOf(core, slot) : null;
    if (batch !== null) markProposed(core, slot.sequence, batch);
  }
}

/** Takes executed requests off the waiting list. */
export function forgetPending(core: Core, batch: readonly Operation[]): void {
  const { pending, proposed, unproposed, relayed } = core.state;
  for (const operation of batch) {
    const digest = requestDigest(operation);
    if (pending.delete(digest)) core.state.pendingBytes -= operation.length;
    proposed.delete(digest);
    unproposed.delete(digest);
    relayed.delete(digest);
  }
}

/** Requests nobody waits for any more; a batch that holds one already runs it all the same. */
export function withdrawPending({ state }: Core, operations: readonly Operation[]): void {
  for (const operation of operations) {
    const digest = requestDigest(operation);
    if (state.pending.delete(digest)) state.pendingBytes -= operation.length;
    state.unproposed.delete(digest);
    state.relayed.delete(digest);
  }
}

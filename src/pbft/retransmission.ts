import { checkCommitCertificate } from './certificates.ts';
import { ageComplaints, noteComplaint } from './complaint.ts';
import { batchDigest, nullBatchDigest } from './envelope.ts';
import { watchPrimary } from './idle-primary.ts';
import { limits } from './limits.ts';
import { batchOf, findBatch, slotAt } from './log.ts';
import type { CommitCertificate, MessageOf, ReplicaIndex } from './messages.ts';
import { answerNewView, onMissingBatch } from './new-view.ts';
import { decide } from './normal-case.ts';
import { AnswerRoom, hasBatch, RelayRoom } from './pacing.ts';
import { queryStable } from './recovery.ts';
import type { Core, Slot } from './state.ts';
import { startTransfer } from './state-transfer.ts';

/**
 * An idle replica still says where it stands every so many ticks: a partition heals unannounced.
 */
const quietTicksPerStatus = 5;

/** So many ticks a slot on its way is waited for, if the last one took as many: a second or so. */
const longestPatience = 4;

/**
 * Periodic (thesis §5.2): says where this replica stands, so that peers resend what it misses.
 * A lost message costs time, never progress.
 */
export function onStatusTimer(core: Core): void {
  const { state } = core;
  state.tick++;
  core.setTimer('status', core.options.parameters.statusIntervalMs);
  for (const peer of state.peers.values()) peer.sinceTick = 0;
  const stuck = state.executedAtStatus === state.lastExecuted;
  state.stillTicks = stuck ? state.stillTicks + 1 : 0;
  // One that runs goes on: a busy cluster has a newer checkpoint at every tick.
  if (stuck && state.ahead !== null && state.transfer === null) startTransfer(core, state.ahead);
  state.executedAtStatus = state.lastExecuted;
  ageComplaints(core);
  watchPrimary(core);
  relayRequests(core);
  answerNewView(core);
  queryStable(core);
  const follows = core.index >= core.n;
  const quiet = state.active && state.pending.size === 0 && !hasOpenSlots(core) && !follows;
  state.quietTicks = quiet ? state.quietTicks + 1 : 0;
  if (quiet && state.quietTicks % quietTicksPerStatus !== 1) return;
  core.send(follows ? core.nextHelper() : 'others', {
    type: 'status',
    epoch: core.options.validators.epoch,
    view: state.view,
    active: state.active,
    stableCheckpoint: core.lowWatermark,
    executed: state.lastExecuted,
  });
}

function hasOpenSlots(core: Core): boolean {
  return isUnderWay(core) || core.state.ahead !== null || core.state.recovering !== null;
}

function isUnderWay({ state }: Core): boolean {
  for (const { sequence } of state.slots.values()) if (sequence > state.lastExecuted) return true;
  return false;
}

/**
 * §4.1: a request that reached only backups reaches the primary through them, again if nothing
 * moves. While something moves, only those that waited since the last tick are passed on: the
 * client sent the others to the primary as well, and in a busy cluster many wait at any moment.
 * What is under way moves for as many ticks as the last one took: where that is more than one,
 * everything waits for a tick, and of each request the primary would get a copy from everyone.
 */
function relayRequests(core: Core): void {
  const { state } = core;
  const { tick, unproposed, overdue, relayed } = state;
  const patience = isUnderWay(core) ? Math.min(state.agreementTicks, longestPatience) : 0;
  const stuck = state.stillTicks > patience;
  const room = new RelayRoom(core);
  // Each once, before any comes again.
  for (const first of state.active && !core.isPrimary() ? [true, false] : []) {
    for (const digest of stuck ? unproposed : overdue.keys()) {
      if (room.isFull) break;
      const operation = unproposed.has(digest) ? state.pending.get(digest) : undefined;
      if (operation === undefined || relayed.has(digest) === first) continue;
      if (!stuck && tick - (overdue.get(digest) ?? tick) <= patience) continue;
      // What was passed on may be lost: all of it where nothing moves, the oldest in any case,
      // because for its sake this replica leaves the view, perhaps alone.
      if (!first && !stuck && digest !== state.awaited) continue;
      if (!room.takes(digest, operation)) continue;
      core.sendAgain(core.primary(), { type: 'request', operation });
    }
  }
  state.overdue = new Map([...unproposed].map((digest) => [digest, overdue.get(digest) ?? tick]));
}

/** A peer says where it stands: send what helps it on. */
export function onStatus(core: Core, from: ReplicaIndex, m: MessageOf<'status'>): void {
  const { state } = core;
  const before = state.peers.get(from)?.executed;
  // Few bytes asked for many: a window of batches, or a new view.
  if (noteStatus(core, from, m) > limits.statusAnswers) return;
  if (m.view > state.view) noteComplaint(core, from, m.view - 1);
  if (m.view < state.view || (m.view === state.view && !m.active)) sendView(core, from);
  const { stable } = state;
  if (stable !== null && m.stableCheckpoint < core.lowWatermark) {
    if (m.executed < core.lowWatermark) {
      core.send(from, { type: 'stableCheckpoint', certificate: stable });
    }
  }
  // Own votes below the watermark help nobody: there is a certificate above them.
  sendCheckpointVotes(core, from, Math.max(m.stableCheckpoint, core.lowWatermark - 1));
  // In a busy pipeline everyone is always a little behind: resend only to who stands still. Who
  // follows without a vote is sent nothing but this.
  const standsStill = before === m.executed;
  if (!standsStill && from < core.n) return;
  const room = new AnswerRoom(core, from, m);
  // Counted in steps: near 2^53 a boasted sequence plus one is the same number again.
  for (let step = 1; step <= limits.retransmittedSlots; step++) {
    const slot = state.slots.get(m.executed + step);
    if (slot !== undefined) resendSlot(core, from, m, slot, room);
  }
  room.close();
}

/** Where a peer stands. Gives how often it said so since the last tick. */
function noteStatus({ state }: Core, from: ReplicaIndex, m: MessageOf<'status'>): number {
  const peer = state.peers.get(from);
  if (peer === undefined) {
    state.peers.set(from, { executed: m.executed, view: m.view, sinceTick: 1 });
    return 1;
  }
  peer.executed = m.executed;
  peer.view = m.view;
  return ++peer.sinceTick;
}

/** The new view a peer missed, or the view change it needs to open one. */
function sendView(core: Core, to: ReplicaIndex): void {
  const { state, index } = core;
  if (state.active) {
    if (state.newView !== null) core.send(to, { type: 'newView', vote: state.newView });
    return;
  }
  const vote = state.viewChanges.get(index);
  if (vote !== undefined) core.send(to, { type: 'viewChange', vote });
}

function sendCheckpointVotes(core: Core, to: ReplicaIndex, above: number): void {
  for (const [sequence, votes] of core.state.checkpointVotes) {
    const vote = votes.get(core.index);
    if (sequence > above && vote !== undefined) core.send(to, { type: 'checkpoint', vote });
  }
}

/** The decision with its proof if there is one; else this replica's own part in reaching it. */
function resendSlot(
  core: Core,
  to: ReplicaIndex,
  m: MessageOf<'status'>,
  slot: Slot,
  room: AnswerRoom,
): void {
  const { state, index } = core;
  if (slot.decided !== null) {
    return resendDecision(core, to, slot, slot.decided, room);
  }
  const { header } = slot;
  if (header === null || slot.view !== state.view) return;
  if (!state.active || !m.active || m.view !== state.view) return;
  const batch = batchOf(core, slot);
  if (header.sender === index && batch !== null && !hasBatch(to, slot) && room.takes(batch)) {
    core.sendAgain(to, { type: 'prePrepare', header, batch });
  }
  const prepare = slot.prepares.get(index);
  if (prepare !== undefined) core.send(to, { type: 'prepare', vote: prepare, header });
  const commit = slot.commits.get(index);
  if (commit !== undefined) core.send(to, { type: 'commit', vote: commit });
}

function resendDecision(
  core: Core,
  to: ReplicaIndex,
  slot: Slot,
  certificate: CommitCertificate,
  room: AnswerRoom,
): void {
  const batch = findBatch(core, certificate.header.statement.batchDigest);
  if (batch === null) return;
  if (room.spares(slot, batch)) core.send(to, { type: 'decided', certificate, batch: [] });
  else if (room.takesTurn(batch)) core.sendAgain(to, { type: 'decided', certificate, batch });
}

/** A decision with its proof: good from anyone, in any view. */
export function onDecided(core: Core, from: ReplicaIndex, m: MessageOf<'decided'>): void {
  const { certificate } = m;
  const { sequence, batchDigest: named } = certificate.header.statement;
  if (!core.inWindow(sequence) || sequence <= core.state.lastHanded) return;
  const slot = slotAt(core, sequence);
  if (slot.decided !== null) return;
  const { validators, verify } = core.options;
  // Without its batch it comes to who voted for it, which may have lost its disk since.
  const isSpared = m.batch.length === 0 && named !== nullBatchDigest;
  const batch = isSpared ? findBatch(core, named) : m.batch;
  if (batch === null) return;
  if (batchDigest(batch) !== named) return core.strike(from, 'decided: batch and header differ');
  const rejected = checkCommitCertificate(certificate, validators, verify);
  if (rejected !== null) return core.strike(from, `decided: ${rejected}`);
  decide(core, slot, certificate, isSpared ? null : batch);
}

export function onFetchBatch(core: Core, from: ReplicaIndex, m: MessageOf<'fetchBatch'>): void {
  const batch = findBatch(core, m.batchDigest);
  if (batch !== null) core.send(from, { type: 'batch', batch });
}

export function onBatch(core: Core, _from: ReplicaIndex, { batch }: MessageOf<'batch'>): void {
  onMissingBatch(core, batch, batchDigest(batch));
}

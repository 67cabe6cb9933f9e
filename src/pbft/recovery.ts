import { rememberCertificate } from './checkpoint.ts';
import { headerDigest } from './envelope.ts';
import { executeDecided } from './execution.ts';
import type { JournalRecord } from './journal-record.ts';
import { keepBatch, markProposed, slotAt } from './log.ts';
import type { MessageOf, ReplicaIndex } from './messages.ts';
import { answerNewView } from './new-view.ts';
import { quorum } from './quorum.ts';
import type { Core } from './state.ts';

type RecordOf<T extends JournalRecord['type']> = Extract<JournalRecord, { type: T }>;

/**
 * After a restart: takes up everything this replica signed, so that it never contradicts it. The
 * service was restored to the stable checkpoint; decided batches above it are executed again.
 */
export function onRecovered(core: Core, records: readonly JournalRecord[]): void {
  const { state } = core;
  const of = <T extends JournalRecord['type']>(type: T) =>
    records.filter((record): record is RecordOf<T> => record.type === type);
  for (const { certificate } of of('stable')) {
    if (certificate.statement.sequence <= core.baseSequence) continue;
    state.stable = certificate;
    rememberCertificate(core, certificate);
    state.lastHanded = certificate.statement.sequence;
    state.lastExecuted = certificate.statement.sequence;
    state.lastTimestamp = certificate.statement.timestamp;
    state.lastProposed = certificate.statement.sequence;
  }
  for (const { vote } of of('enteredView')) {
    state.view = vote.statement.view;
    state.newView = vote;
  }
  for (const { vote } of of('leftView')) {
    if (vote.statement.view <= state.view) continue;
    state.view = vote.statement.view;
    state.active = false;
    state.newView = null;
    state.viewChanges.set(core.index, vote);
  }
  for (const { statement } of state.newView?.statement.headers ?? []) {
    state.lastProposed = Math.max(state.lastProposed, statement.sequence);
  }
  for (const { until } of of('recovering')) {
    state.recovering = { nonce: core.nowMs, heard: new Map(), until };
    endRecovery(core);
  }
  for (const record of of('accepted')) recoverAccepted(core, record);
  for (const record of of('prepared')) recoverPrepared(core, record);
  for (const record of of('decided')) recoverDecided(core, record);
  answerNewView(core);
  if (state.view > 0) core.emit({ type: 'enterView', view: state.view, active: state.active });
  executeDecided(core);
}

/** A header it answered: in the current view its answer is there to be sent again. */
function recoverAccepted(core: Core, { header, batch }: RecordOf<'accepted'>): void {
  const { view, sequence } = header.statement;
  const { state } = core;
  if (!core.inWindow(sequence)) return;
  keepBatch(core, header.statement, batch);
  const slot = slotAt(core, sequence);
  if (view !== state.view || !state.active) return;
  slot.header = header;
  slot.seen = header;
  state.lastProposed = Math.max(state.lastProposed, sequence);
  markProposed(core, sequence, batch);
  if (header.sender === core.index || !core.mayVote()) return;
  const digest = headerDigest(header);
  slot.prepares.set(
    core.index,
    core.seal({ type: 'prepare', view, sequence, headerDigest: digest }),
  );
}

/** Signatures are deterministic: the commit it makes here is the one it may have sent. */
function recoverPrepared(core: Core, { certificate }: RecordOf<'prepared'>): void {
  const { view, sequence } = certificate.header.statement;
  const { state } = core;
  if (!core.inWindow(sequence)) return;
  const slot = slotAt(core, sequence);
  slot.prepared = certificate;
  if (view !== state.view || !state.active || !core.mayVote()) return;
  const digest = headerDigest(certificate.header);
  slot.commits.set(core.index, core.seal({ type: 'commit', view, sequence, headerDigest: digest }));
}

function recoverDecided(core: Core, { certificate, batch }: RecordOf<'decided'>): void {
  const { sequence } = certificate.header.statement;
  if (!core.inWindow(sequence)) return;
  slotAt(core, sequence).decided = certificate;
  if (batch !== null) keepBatch(core, certificate.header.statement, batch);
}

/**
 * The disk is gone and with it the memory of what was signed: it listens, and does not vote until
 * everything it might have signed is past (as in proactive recovery, thesis §4.3): slots by a
 * stable checkpoint, view changes by a later view. One that voted again in a view it had left would
 * help decide what its forgotten view change denies.
 */
export function onDiskLost(core: Core): void {
  core.state.recovering = { nonce: core.nowMs, heard: new Map(), until: null };
  core.emit({ type: 'persist', record: { type: 'recovering', until: null } });
  queryStable(core);
}

/** Asks the others where they stand, again until a quorum of answers could be believed. */
export function queryStable(core: Core): void {
  const { recovering } = core.state;
  if (recovering === null || recovering.until !== null) return;
  const { epoch } = core.options.validators;
  core.send('others', { type: 'queryStable', epoch, nonce: recovering.nonce });
}

export function onQueryStable(core: Core, from: ReplicaIndex, m: MessageOf<'queryStable'>): void {
  const { view, lastExecuted: executed } = core.state;
  const { epoch } = core.options.validators;
  // Who has forgotten where it stood itself is no witness for another.
  if (m.epoch !== epoch || core.state.recovering !== null) return;
  core.send(from, { type: 'replyStable', epoch, nonce: m.nonce, view, executed });
}

/**
 * What this replica signed lies at or below C + window, C being its stable checkpoint then, and its
 * view changes at or below the view after the last one that a quorum wanted. A quorum had executed
 * C, and a quorum wanted that view, so any quorum of others, heard after the restart, holds a
 * correct replica that did; the nonce shows that it is heard after. A claim counts once something
 * supports it (nobody correct is further than a window above its stable checkpoint, or a view past
 * the open one), so a boast is never heard.
 */
export function onReplyStable(core: Core, from: ReplicaIndex, m: MessageOf<'replyStable'>): void {
  const { state } = core;
  const { recovering } = state;
  const { executed, view } = m;
  if (recovering === null || recovering.until !== null) return;
  if (m.epoch !== core.options.validators.epoch || m.nonce !== recovering.nonce) return;
  if (from >= core.n || from === core.index) return;
  const certified = state.ahead?.statement.sequence ?? core.lowWatermark;
  if (executed > certified + core.options.parameters.logWindow) return;
  if (view > (state.active ? state.view + 1 : state.view)) return;
  if (!recovering.heard.has(from)) recovering.heard.set(from, { executed, view });
  if (recovering.heard.size < quorum(core.n)) return;
  const heard = [...recovering.heard.values()];
  const until = {
    sequence: Math.max(...heard.map((claim) => claim.executed)) + core.options.parameters.logWindow,
    view: Math.max(...heard.map((claim) => claim.view)) + 1,
  };
  recovering.until = until;
  core.emit({ type: 'persist', record: { type: 'recovering', until } });
}

/** Past everything it might have signed, a replica that lost its disk votes again. */
export function endRecovery(core: Core): void {
  const { state } = core;
  const until = state.recovering?.until ?? null;
  if (until === null || core.lowWatermark < until.sequence || !state.active) return;
  // It may have skipped the views of isolated replicas when it left.
  let { view } = until;
  while (state.isolated.has(core.primary(view))) view++;
  if (state.view >= view) state.recovering = null;
}

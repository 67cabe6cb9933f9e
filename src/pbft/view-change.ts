import { equalBytes } from '../base/bytes.ts';
import { checkCheckpointCertificate, checkPreparedCertificate } from './certificates.ts';
import { onCertificate } from './checkpoint.ts';
import { noteComplaint } from './complaint.ts';
import { collectGarbage, unmarkProposed } from './log.ts';
import type {
  Envelope,
  MessageOf,
  PreparedCertificate,
  ReplicaIndex,
  ViewChange,
} from './messages.ts';
import { quorum, weakQuorum } from './quorum.ts';
import type { Reason } from './reason.ts';
import type { Court } from './replica.ts';
import { type Core, nobody } from './state.ts';

/** §4.4: stops accepting normal-case messages and tells everyone what was prepared here. */
export function leaveView(core: Core, view: number): void {
  const { state } = core;
  if (view <= state.view) return;
  state.view = view;
  state.active = false;
  state.newView = null;
  state.awaitingNewView = false;
  state.impatientFor = null;
  unmarkProposed(core);
  state.backoff++;
  core.cancelTimer('viewChange');
  core.emit({ type: 'enterView', view, active: false });
  if (!core.mayLeaveFor(view)) return;
  const vote = core.seal({
    type: 'viewChange',
    view,
    stable: state.stable,
    prepared: preparedAboveStable(core),
  });
  state.viewChanges.set(core.index, vote);
  core.emit({ type: 'persist', record: { type: 'leftView', vote } });
  core.send('others', { type: 'viewChange', vote });
}

/** §4.4, the set P: by sequence, the certificate of the highest view each prepared in. */
function preparedAboveStable(core: Core): PreparedCertificate[] {
  const prepared: PreparedCertificate[] = [];
  for (const slot of core.state.slots.values()) {
    if (slot.prepared !== null && core.inWindow(slot.sequence)) prepared.push(slot.prepared);
  }
  return prepared.sort((a, b) => a.header.statement.sequence - b.header.statement.sequence);
}

/** Why no correct replica would sign this view change, or null. */
export function rejectViewChange(
  { statement }: Envelope<ViewChange>,
  { validators, verify, parameters, base }: Court,
): Reason | null {
  const { view, stable, prepared } = statement;
  if (view === 0) return 'a view change for view 0';
  if (stable !== null) {
    const { checkpointInterval } = parameters;
    const reason = checkCheckpointCertificate(stable, checkpointInterval, validators, verify);
    if (reason !== null) return `stable checkpoint: ${reason}`;
  }
  const low = stable?.statement.sequence ?? base?.statement.sequence ?? 0;
  let previous = low;
  for (const certificate of prepared) {
    const { sequence, view: preparedIn } = certificate.header.statement;
    if (sequence <= previous) return `sequence ${sequence} out of order or below the checkpoint`;
    if (sequence > low + parameters.logWindow) return `sequence ${sequence} above the window`;
    if (preparedIn >= view) return `prepared in view ${preparedIn}, not before view ${view}`;
    const reason = checkPreparedCertificate(certificate, validators, verify);
    if (reason !== null) return `prepared certificate of sequence ${sequence}: ${reason}`;
    previous = sequence;
  }
  return null;
}

/**
 * Judged before it is asked whether it still matters: a lie that comes late, or after a newer one,
 * is a lie, and it may be the only one that ever proves itself.
 */
export function onViewChange(core: Core, _from: ReplicaIndex, m: MessageOf<'viewChange'>): void {
  const { vote } = m;
  const { state } = core;
  const { sender, statement } = vote;
  if (sender === core.index) return;
  const known = state.viewChanges.get(sender);
  if (known !== undefined && equalBytes(known.payload, vote.payload)) return;
  const isLate = ignoreViewChange(core, vote) !== null;
  if (isLate && core.hasAccused(sender, 'invalidViewChange')) return;
  // The signature is good and covers all of it: what is wrong inside is the signer's own lie.
  if (rejectViewChange(vote, core.options) !== null) {
    return core.accuse({ type: 'invalidViewChange', accused: sender, vote });
  }
  // A certificate proves itself, and perhaps somebody's lie, whenever it comes.
  if (statement.stable !== null) onCertificate(core, statement.stable);
  if (isLate) return;
  state.viewChanges.set(sender, vote);
  noteComplaint(core, sender, statement.view - 1);
  joinViewChange(core);
}

/** Of a view that is past, or not its sender's newest. */
function ignoreViewChange({ state }: Core, vote: Envelope<ViewChange>): Reason | null {
  const { view } = vote.statement;
  if (view < state.view || (view === state.view && state.active)) return `view ${view} is past`;
  const known = state.viewChanges.get(vote.sender)?.statement.view ?? 0;
  return known >= view ? `one for view ${known} came before` : null;
}

/**
 * §4.5.2: f+1 replicas ahead hold a correct one among them; follow to the smallest of their views.
 */
function joinViewChange(core: Core): void {
  const { state } = core;
  const ahead: number[] = [];
  for (const { sender, statement } of state.viewChanges.values()) {
    if (sender !== core.index && statement.view > state.view) ahead.push(statement.view);
  }
  if (ahead.length >= weakQuorum(core.n)) leaveView(core, Math.min(...ahead));
}

/** The view changes gathered for the view this replica wants to enter, ascending by sender. */
export function viewChangesForView(core: Core): Envelope<ViewChange>[] {
  const { viewChanges, view } = core.state;
  return [...viewChanges.values()]
    .filter(({ statement }) => statement.view === view)
    .sort((a, b) => a.sender - b.sender);
}

/**
 * §4.5.2: a quorum wants this view or a later one: from now on its primary is on the clock, and
 * each further view gets twice the time. Later ones count, because only the newest view change of
 * each replica is kept: where some went on before the others came, no view has a quorum of its own,
 * and all must meet in the next.
 */
export function awaitNewView(core: Core): void {
  const { state } = core;
  if (state.active || state.awaitingNewView) return;
  const wanted = [...state.viewChanges.values()];
  const votes = wanted.filter(({ statement }) => statement.view >= state.view).length;
  if (votes < quorum(core.n)) return;
  state.awaitingNewView = true;
  core.setTimer('viewChange', viewTimeoutMs(core));
}

const maxBackoff = 10;

/** The current timeout: doubled with every view that led nowhere. */
export function viewTimeoutMs(core: Core): number {
  return core.options.parameters.requestTimeoutMs * 2 ** Math.min(core.state.backoff, maxBackoff);
}

/**
 * Progress under this primary: a timeout that had doubled comes back down, as long as two batches
 * fit into it, the one in flight and the next. Where agreement is as slow as that, a busy cluster
 * would leave a view, and then the next, for nobody's fault.
 */
export function shortenTimeout(core: Core): void {
  const { state, options } = core;
  if (!state.active || state.backoff === 0) return;
  const longestBatchMs = (state.agreementTicks + 2) * options.parameters.statusIntervalMs;
  if (2 * longestBatchMs <= viewTimeoutMs(core) / 2) state.backoff--;
}

/** Keeps a timer on the oldest request that waits: censoring one is as good as serving none. */
export function awaitOldestRequest(core: Core): void {
  const { state } = core;
  const waits = state.active && !core.isPrimary() && core.mayLeaveFor(state.view + 1);
  const oldest = waits ? (state.pending.keys().next().value ?? null) : null;
  if (oldest === state.awaited) return;
  state.awaited = oldest;
  if (oldest === null) core.cancelTimer('request');
  else core.setTimer('request', viewTimeoutMs(core));
}

/** Enters `state.view`: what belongs to older views is forgotten. */
export function markViewEntered(core: Core): void {
  const { state } = core;
  state.active = true;
  state.awaitingNewView = false;
  state.awaited = null;
  state.idleTicks = 0;
  const convicted = [...state.convicted].filter((view) => view >= state.view);
  state.convicted = convicted.length === 0 ? nobody : new Set(convicted);
  core.cancelTimer('viewChange');
  for (const [sender, { statement }] of state.viewChanges) {
    if (statement.view <= state.view) state.viewChanges.delete(sender);
  }
  for (const [sender, { view }] of state.complaints) {
    if (view < state.view) state.complaints.delete(sender);
  }
  collectGarbage(core);
  core.emit({ type: 'enterView', view: state.view, active: true });
}

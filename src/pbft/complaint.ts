/**
 * Leaving a view together. A replica whose timer runs out says that it would leave, and goes on
 * voting; it leaves when a quorum would, and would itself when f+1 others would. So all correct
 * replicas come to leave, or none. (§4.4 lets the first timeout end the view for its replica alone:
 * that one votes no more until the others follow it, which they need not do for a long time. The
 * same two steps are the STOP messages of Mod-SMaRt, Sousa and Bessani 2012.)
 */
import type { MessageOf, ReplicaIndex } from './messages.ts';
import { quorum, weakQuorum } from './quorum.ts';
import type { Core } from './state.ts';

/** A complaint that was not repeated at so many status ticks is settled, or its sender is gone. */
const ticksPerComplaint = 3;

/** §4.4: the primary let the oldest request wait too long. */
export function onRequestTimer({ state }: Core): void {
  state.impatientFor = state.awaited;
  state.awaited = null;
}

export function onComplaint(core: Core, from: ReplicaIndex, m: MessageOf<'complaint'>): void {
  if (m.epoch === core.options.validators.epoch) noteComplaint(core, from, m.view);
}

/** `from` would leave `view` and all before it, or has left them. Its newest word counts. */
export function noteComplaint({ state, n }: Core, from: ReplicaIndex, view: number): void {
  if (from < n && view >= state.view) state.complaints.set(from, { view, ticks: 0 });
}

/** At a status tick: own complaints are due again, and those of others that stopped are over. */
export function ageComplaints({ state }: Core): void {
  state.complainedIn = null;
  for (const [from, { view, ticks }] of state.complaints) {
    if (ticks + 1 < ticksPerComplaint) state.complaints.set(from, { view, ticks: ticks + 1 });
    else state.complaints.delete(from);
  }
}

/**
 * Says that it would leave, once in a view and again at every status tick. True: a quorum would, so
 * all leave.
 */
export function complain(core: Core): boolean {
  const { state } = core;
  if (!state.active || (state.complaints.size === 0 && state.impatientFor === null)) return false;
  const { view } = state;
  const others = countOthers(core);
  const own = core.mayLeaveFor(view + 1) && (waitsInVain(core) || others >= weakQuorum(core.n));
  if (own && state.complainedIn !== view) {
    state.complainedIn = view;
    core.send('others', { type: 'complaint', epoch: core.options.validators.epoch, view });
  }
  return others + (own ? 1 : 0) >= quorum(core.n);
}

function waitsInVain({ state }: Core): boolean {
  // What ran in the meantime, or was withdrawn, is waited for no more.
  if (state.impatientFor !== null && !state.pending.has(state.impatientFor)) {
    state.impatientFor = null;
  }
  return state.impatientFor !== null;
}

/** Of views before none are left: entering a view forgets them. */
function countOthers({ state }: Core): number {
  let others = 0;
  for (const replica of state.complaints.keys()) if (!state.isolated.has(replica)) others++;
  return others;
}

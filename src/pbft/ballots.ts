/**
 * What replicas signed, by view and sequence: the first of each kind counts, and who signs another
 * that differs is convicted.
 *
 * Ballots of the views next to the present one are kept aside. Votes for the next view come early,
 * from replicas that entered it sooner: they count as soon as it opens here. Those for the view
 * before come late and count nowhere, but they convict all the same. Of views farther off nothing
 * is kept: whoever kept those could be made to keep anything.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Commit, Envelope, PrePrepare, Prepare } from './messages.ts';
import type { Ballot, Core, Slot } from './state.ts';
import { VotesByReplica } from './votes.ts';

/**
 * Holds a header (its signature verified) against the first one seen for the view and sequence.
 * Two that differ convict the primary, and its view ends for this replica, if it is open
 * yet, or as soon as it opens. True if they do.
 */
export function compareHeaders(core: Core, ballot: Ballot, header: Envelope<PrePrepare>): boolean {
  const { seen } = ballot;
  if (seen === null) {
    ballot.seen = header;
    return false;
  }
  if (sameHeader(seen, header)) return false;
  const accused = header.sender;
  core.accuse({ type: 'conflictingPrePrepare', accused, first: seen, second: header });
  const { view } = header.statement;
  if (view >= core.state.view) core.convict(view);
  return true;
}

/** A prepare, whatever header it came with. */
export function castPrepare(core: Core, { prepares }: Ballot, vote: Envelope<Prepare>): void {
  const first = prepares.get(vote.sender);
  if (first === undefined) prepares.set(vote.sender, vote);
  else if (first.statement.headerDigest !== vote.statement.headerDigest) {
    core.accuse({ type: 'conflictingPrepare', accused: vote.sender, first, second: vote });
  }
}

/** True for the first of its sender. */
export function castCommit(core: Core, { commits }: Ballot, vote: Envelope<Commit>): boolean {
  const first = commits.get(vote.sender);
  if (first === undefined) {
    commits.set(vote.sender, vote);
    return true;
  }
  if (first.statement.headerDigest !== vote.statement.headerDigest) {
    core.accuse({ type: 'conflictingCommit', accused: vote.sender, first, second: vote });
  }
  return false;
}

/** Where what counts nowhere now is entered; null when it is too far off to matter. */
export function ballotAside(core: Core, view: number, sequence: number): Ballot | null {
  const { state } = core;
  if (!isNear(state.view, view) || !core.inWindow(sequence)) return null;
  const slot = state.slots.get(sequence);
  if (slot?.view === view) return slot;
  const key = keyOf(view, sequence);
  const ballot = state.aside.get(key) ?? emptyBallot(core);
  state.aside.set(key, ballot);
  return ballot;
}

/** What came early for the view that begins at this sequence here, or an empty ballot. */
export function takeAside(core: Core, view: number, sequence: number): Ballot {
  const { aside } = core.state;
  const ballot = aside.size === 0 ? undefined : aside.get(keyOf(view, sequence));
  if (ballot === undefined) return emptyBallot(core);
  aside.delete(keyOf(view, sequence));
  return ballot;
}

/** The slot goes on to another view. */
export function putAside({ state }: Core, { view, sequence, seen, prepares, commits }: Slot): void {
  const isEmpty = seen === null && prepares.size === 0 && commits.size === 0;
  if (isEmpty || !isNear(state.view, view)) return;
  state.aside.set(keyOf(view, sequence), { seen, prepares, commits });
}

/** After the watermarks or the view moved. */
export function clearAside(core: Core): void {
  const { aside, view: present } = core.state;
  for (const key of aside.keys()) {
    const [view = 0, sequence = 0] = key.split('/').map(Number);
    if (!isNear(present, view) || !core.inWindow(sequence)) aside.delete(key);
  }
}

/** Same header, byte for byte; the signature may differ where a scheme allows several. */
export function sameHeader(a: Ballot['seen'], b: Ballot['seen']): boolean {
  if (a === b && a !== null) return true; // prepares quote it as one object, as a rule
  return a !== null && b !== null && a.sender === b.sender && equalBytes(a.payload, b.payload);
}

function emptyBallot({ n }: Core): Ballot {
  return { seen: null, prepares: new VotesByReplica(n), commits: new VotesByReplica(n) };
}

const keyOf = (view: number, sequence: number) => `${view}/${sequence}`;

const isNear = (present: number, view: number) => Math.abs(view - present) <= 1;

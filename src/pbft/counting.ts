/**
 * Votes that are counted, and nothing follows. Of the prepares and commits for a slot all but those
 * that complete a quorum are such, and in a large cluster they are nearly all that arrives. What is
 * plain here {@link onPrepare} and {@link onCommit} would do as well, step by step; whatever is not
 * is left to them.
 */
import { headerDigest } from './envelope.ts';
import type { Commit, Envelope, Message, MessageOf } from './messages.ts';
import { type Core, nobody, type Slot } from './state.ts';

/** True: a vote, and it was counted. False: nothing was done. */
export function countVote(core: Core, message: Message): boolean {
  const { newestSlot: slot, state } = core;
  if (slot === null || slot.view !== state.view || state.isolated !== nobody) return false;
  if (message.type === 'prepare') return countPrepare(core, slot, message);
  return message.type === 'commit' && countCommit(core, slot, message.vote);
}

function countPrepare(core: Core, slot: Slot, { vote, header }: MessageOf<'prepare'>): boolean {
  const { sender, statement } = vote;
  // The header seen first was judged when it came: by the primary, of this view and sequence.
  if (header !== slot.seen || sender === header.sender) return false;
  if (statement.sequence !== slot.sequence || statement.view !== slot.view) return false;
  if (statement.headerDigest !== headerDigest(header)) return false;
  const { prepares, commits } = slot;
  if (prepares.get(sender) !== undefined) return false;
  if (leadsOn(core, slot, prepares.size + 1, commits.size)) return false;
  prepares.set(sender, vote);
  return true;
}

function countCommit(core: Core, slot: Slot, vote: Envelope<Commit>): boolean {
  const { sender, statement } = vote;
  if (statement.sequence !== slot.sequence || statement.view !== slot.view) return false;
  const { prepares, commits } = slot;
  if (commits.get(sender) !== undefined) return false;
  if (leadsOn(core, slot, prepares.size, commits.size + 1)) return false;
  commits.set(sender, vote);
  return true;
}

/** With so many votes this slot may become prepared or decided. */
function leadsOn(core: Core, slot: Slot, prepares: number, commits: number): boolean {
  if (slot.decided === null && commits >= core.quorum) return true;
  return prepares >= core.quorum - 1 && slot.prepared?.header.statement.view !== slot.view;
}

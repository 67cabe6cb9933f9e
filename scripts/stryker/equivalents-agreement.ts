import type { Equivalent } from './equivalent.ts';

const ballots = 'pbft/ballots.ts';
const create = 'pbft/create.ts';
const execution = 'pbft/execution.ts';
const log = 'pbft/log.ts';
const normalCase = 'pbft/normal-case.ts';
const state = 'pbft/state.ts';
const votes = 'pbft/votes.ts';

/** Mutants of the normal case and of what it stands on that behave as the original does. */
export const agreementEquivalents: readonly Equivalent[] = [
  {
    file: ballots,
    line: 'if (view >= core.state.view) core.convict(view);',
    text: 'view >= core.state.view',
    replacement: 'true',
    why: 'no view that was left is active again, and it is forgotten when the next opens',
  },
  {
    file: ballots,
    line: 'if (a === b && a !== null) return true;',
    text: 'a !== null',
    why: 'for the type, and a shortcut: one of the two is a header that has come',
  },
  {
    file: ballots,
    line: 'const ballot = aside.size === 0 ? undefined : aside.get(keyOf(view, sequence));',
    text: 'aside.size === 0',
    replacement: 'false',
    why: 'a shortcut: nothing is found in nothing',
  },
  {
    file: ballots,
    line: 'aside.delete(keyOf(view, sequence));',
    why: 'it is the ballot that the slot has, and goes with the next move of the view',
  },
  {
    file: ballots,
    line: 'if (a === b && a !== null) return true;',
    replacement: 'false',
    why: 'a shortcut: what is one object has one sender and one payload',
  },
  {
    file: ballots,
    line: 'return a !== null && b !== null && a.sender === b.sender &&',
    text: 'b !== null',
    replacement: 'true',
    why: 'for the type: the other one is a header that has come',
  },
  {
    file: ballots,
    line: 'return a !== null && b !== null && a.sender === b.sender &&',
    text: 'a.sender === b.sender',
    replacement: 'true',
    why: 'only its primary signs a header: another sender was out of turn',
  },
  {
    file: ballots,
    line: 'return false;',
    text: 'false',
    replacement: 'true',
    why: 'looking again at a slot where nothing is new finds nothing new',
  },
  {
    file: create,
    line: 'return unreachable(',
    why: 'for the type: there is no other case',
  },
  {
    file: create,
    line: 'default:',
    why: 'for the type: there is no other case',
  },
  {
    file: create,
    line: "case 'epochChange':",
    why: 'the case below does the same',
  },
  {
    file: create,
    line: 'if (core.behindBase && base !== undefined) startTransfer(core, base);',
    text: 'base !== undefined',
    why: 'for the type: nobody is behind a base that is none',
  },
  {
    file: create,
    line: 'state.isolated = replicas.length === 0 ? nobody : new Set(replicas);',
    replacement: 'false',
    why: 'saves making an empty set',
  },
  {
    file: create,
    line: 'if (isolated !== nobody) {',
    why: 'a shortcut: nobody is in an empty set',
  },
  {
    file: create,
    line: 'if (isolated.has(from) || (signer !== undefined && isolated.has(signer))) return;',
    text: 'signer !== undefined',
    why: 'for the type: no message without a signer has an isolated one',
  },
  {
    file: create,
    line: "if (input.type !== 'request' || input.more !== true) settle(core);",
    text: "input.type !== 'request'",
    replacement: 'false',
    why: 'for the type: only requests say that more is to come',
  },
  {
    file: create,
    line: 'if (!isVoteOnly(core, message)) settle(core);',
    replacement: 'true',
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: 'function isVoteOnly({ hasEffects, state }: Core, { type }: Message): boolean {',
    replacement: '{}',
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: "if (input.type !== 'request' || input.more !== true) settle(core);",
    replacement: 'true',
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: "if (hasEffects || (type !== 'prepare' && type !== 'commit')) return false;",
    replacement: 'true',
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: "if (hasEffects || (type !== 'prepare' && type !== 'commit')) return false;",
    text: "type !== 'prepare' && type !== 'commit'",
    replacement: 'true',
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: "if (hasEffects || (type !== 'prepare' && type !== 'commit')) return false;",
    replacement: "type !== 'prepare' || type !== 'commit'",
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: 'return state.convicted === nobody || !state.convicted.has(state.view);',
    replacement: 'false',
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: 'return state.convicted === nobody || !state.convicted.has(state.view);',
    replacement: 'state.convicted === nobody && !state.convicted.has(state.view)',
    why: 'saves looking for what follows from the state, which is idempotent',
  },
  {
    file: create,
    line: 'return state.convicted === nobody || !state.convicted.has(state.view);',
    text: 'state.convicted === nobody',
    replacement: 'false',
    why: 'a shortcut: nobody is in an empty set',
  },
  {
    file: execution,
    line: '?? [];',
    text: '[]',
    why: 'for the type: a decision is kept with its batch',
  },
  {
    file: execution,
    line: 'const decided = slot?.decided;',
    why: 'for the assertion below',
  },
  {
    file: log,
    line: 'if (newestSlot?.sequence === sequence && newestSlot.view === view) return newestSlot;',
    why: 'saves looking the slot up; entering a view forgets it',
  },
  {
    file: normalCase,
    line: 'if (state.unproposed.size === 0 && state.epochEnd === null) return;',
    replacement: 'false',
    why: 'a shortcut: without requests the loop below finds an empty batch and returns',
  },
  {
    file: normalCase,
    line: 'if (timestamp > newest) newest = timestamp;',
    why: 'taking an equal time again changes nothing',
    replacement: 'timestamp >= newest',
  },
  {
    file: normalCase,
    line: 'const named = isSeen && slot.seen !== null ? slot.seen : header;',
    why: 'both are the same bytes; which of the two is named only saves hashing them',
  },
  {
    file: normalCase,
    line: 'if (isSeen) return null;',
    replacement: 'false',
    why: 'saves checking again the signature of a header that was checked when it came',
  },
  {
    file: normalCase,
    line: 'if (slot.header === null) return;',
    replacement: 'false',
    why: 'a shortcut: without a header there is no certificate either',
  },
  {
    file: normalCase,
    line: 'if (header === null || header.sender === core.index || !core.mayVote()) return;',
    text: 'header === null',
    replacement: 'false',
    why: 'for the type: it is called with a header that was just accepted',
  },
  {
    file: normalCase,
    line: 'if (batch.length === 0 ? state.epochEnd === null : inFlight >= pipelineDepth) return;',
    text: 'state.epochEnd === null',
    replacement: 'false',
    why: 'an empty batch is smaller than those in flight, and waits',
  },
  {
    file: normalCase,
    line: 'return state.unproposed.size >= maxBatchOperations ||',
    replacement: 'state.pendingBytes >= maxBatchBytes',
    why: 'seen again when the batch is gathered',
  },
  {
    file: normalCase,
    line: 'return state.unproposed.size >= maxBatchOperations ||',
    text: 'state.unproposed.size >= maxBatchOperations || state.pendingBytes > maxBatchBytes',
    replacement: 'true',
    why: 'seen again when the batch is gathered',
  },
  {
    file: normalCase,
    line: 'if (state.epochEnd === null && !mayFillABatch(core) && mustWait(core, inFlight))',
    replacement: 'false',
    why: 'seen again when the batch is gathered',
  },
  {
    file: normalCase,
    line: 'operations += slot === undefined ? 0 :',
    text: 'slot === undefined',
    replacement: 'false',
    why: 'for the type: what was proposed has a slot',
  },
  {
    file: normalCase,
    line: 'for (let s = sequence - 1; s > core.state.lastExecuted; s--) {',
    replacement: 's >= core.state.lastExecuted',
    why: 'the last batch that ran is no newer than the last time',
  },
  {
    file: normalCase,
    line: 'slot.seen ??= header;',
    replacement: 'slot.seen &&= header',
    why: 'an own header that is quoted is seen then',
  },
  {
    file: normalCase,
    line: 'const isOpen = core.newestSlot?.sequence === sequence || core.inWindow(sequence);',
    replacement: 'false',
    why: 'a shortcut: the newest slot is in the window',
  },
  {
    file: normalCase,
    line: 'const named = isSeen && seen !== null ? seen : header;',
    why: 'both are the same bytes; which of the two is named only saves hashing them',
  },
  {
    file: state,
    line: 'return this.effects !== nothing;',
    why: 'what follows from the state is idempotent, and effects of a vote change nothing of it',
  },
  {
    file: state,
    line: 'get hasEffects(): boolean {',
    why: 'what follows from the state is idempotent, and effects of a vote change nothing of it',
  },
  {
    file: state,
    line: 'if (effects.length === 0) return nothing;',
    replacement: 'false',
    why: 'saves making an empty list',
  },
  {
    file: state,
    line: 'heardPrimary: false,',
    why: 'at the first tick nothing is overdue yet',
  },
  {
    file: votes,
    line: 'this.votes = new Array<V | undefined>(n).fill(undefined);',
    replacement: 'new Array()',
    why: 'it grows when votes come',
  },
  {
    file: votes,
    line: 'while (replica >= this.votes.length) this.votes.push(undefined);',
    why: 'an array has holes where nothing was put, and they read as undefined',
  },
  {
    file: votes,
    line: 'for (let replica = 0; replica < this.votes.length; replica++) {',
    replacement: 'replica <= this.votes.length',
    why: 'what lies behind the last one is undefined',
  },
  {
    file: log,
    line: 'if (vote === undefined || replica === except) continue;',
    text: 'replica === except',
    replacement: 'false',
    why: 'a prepare of the primary is out of turn, and none is kept',
  },
  {
    file: log,
    line: 'for (let replica = 0; replica < votes.length; replica++) {',
    text: 'replica < votes.length',
    replacement: 'replica <= votes.length',
    why: 'behind the last place there is no vote',
  },
  {
    file: log,
    line: 'if (header === null || slot.prepares.size < core.quorum',
    why: 'a shortcut, and for the type: its votes are asked for a slot with a header',
  },
  {
    file: log,
    line: 'if (header === null || slot.commits.size < core.quorum',
    why: 'a shortcut, and for the type: its votes are asked for a slot with a header',
  },
  {
    file: log,
    line: 'if (batchOf(core, slot) === null) return null;',
    why: 'for the type: a header is accepted with its batch',
  },
  {
    file: execution,
    line: 'if (batch.length === 0 && !isCheckpoint) return;',
    text: 'batch.length === 0 && !isCheckpoint',
    replacement: 'false',
    why: 'saves signing what is not sent',
  },
];

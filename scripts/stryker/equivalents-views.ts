import type { Equivalent } from './equivalent.ts';

const checkpoint = 'pbft/checkpoint.ts';
const complaint = 'pbft/complaint.ts';
const newView = 'pbft/new-view.ts';
const recovery = 'pbft/recovery.ts';
const retransmission = 'pbft/retransmission.ts';
const stateTransfer = 'pbft/state-transfer.ts';
const viewChange = 'pbft/view-change.ts';

const forTheType = 'for the type: it is never null here';

/** Mutants of view changes, checkpoints and recovery that behave as the original does. */
export const viewsEquivalents: readonly Equivalent[] = [
  {
    file: checkpoint,
    line: 'if (sequence <= core.lowWatermark && core.state.certified.has(sequence)) return;',
    text: 'sequence <= core.lowWatermark && core.state.certified.has(sequence)',
    replacement: 'false',
    why: 'saves gathering a certificate that says nothing new',
  },
  {
    file: checkpoint,
    line: 'if (sequence <= core.lowWatermark && core.state.certified.has(sequence)) return;',
    replacement: 'sequence < core.lowWatermark',
    why: 'saves gathering a certificate that says nothing new',
  },
  {
    file: checkpoint,
    line: 'if (votes.size < quorum(core.n)) return;',
    replacement: 'false',
    why: 'a shortcut: no quorum is found among fewer',
  },
  {
    file: checkpoint,
    line: 'const counted: Uint8Array[] = [];',
    why: 'saves counting equal votes again',
  },
  {
    file: checkpoint,
    line: 'if (counted.some((other) => equalBytes(other, payload))) continue;',
    why: 'saves counting equal votes again',
  },
  {
    file: checkpoint,
    line: 'counted.push(payload);',
    why: 'saves counting equal votes again',
  },
  {
    file: checkpoint,
    line: 'if (certified.has(sequence)) return;',
    replacement: 'false',
    why: 'two certificates of one checkpoint say the same',
  },
  {
    file: checkpoint,
    line: 'if (sequence <= state.lastExecuted && !core.behindBase) return',
    replacement: 'false',
    why: 'what is held back becomes stable at the end of the same step',
  },
  {
    file: checkpoint,
    line: 'if (sequence <= state.lastExecuted && !core.behindBase) return',
    replacement: 'sequence < state.lastExecuted',
    why: 'what is held back becomes stable at the end of the same step',
  },
  {
    file: checkpoint,
    line: 'if (sequence <= state.lastExecuted && !core.behindBase) return',
    replacement: 'core.behindBase',
    why: 'what is held back becomes stable at the end of the same step',
  },
  {
    file: checkpoint,
    line: 'if (sequence > (state.ahead?.statement.sequence ?? 0)) state.ahead = certificate;',
    replacement: 'sequence >= (state.ahead?.statement.sequence ?? 0)',
    why: 'two certificates of one checkpoint say the same',
  },
  {
    file: checkpoint,
    line: 'if (state.lastProposed < sequence) state.lastProposed = sequence;',
    replacement: 'state.lastProposed <= sequence',
    why: 'taking an equal sequence again changes nothing',
  },
  {
    file: complaint,
    line: 'if (!state.active || (state.complaints.size === 0 &&',
    text: 'state.complaints.size === 0 && state.impatientFor === null',
    replacement: 'false',
    why: 'a shortcut: nobody complains',
  },
  {
    file: complaint,
    line: 'if (state.impatientFor !== null && !state.pending.has(state.impatientFor)) {',
    text: 'state.impatientFor !== null',
    replacement: 'true',
    why: 'for the type: null is pending nowhere, and stays null',
  },
  {
    file: newView,
    line: 'if (sequence > (stable?.statement.sequence ?? 0)) stable = statement.stable;',
    replacement: 'sequence >= (stable?.statement.sequence ?? 0)',
    why: 'two certificates of one checkpoint say the same',
  },
  {
    file: newView,
    line: 'if (known === undefined || header.statement.view > known.view) {',
    replacement: 'header.statement.view >= known.view',
    why: 'at most one header prepares at a sequence of one view',
  },
  {
    file: newView,
    line: 'view !== wanted?.view ||',
    replacement: 'wanted.view',
    why: 'for the type: there are as many wanted as there are headers',
  },
  {
    file: newView,
    line: 'if (state.newView !== null && equalBytes(state.newView.payload, vote.payload)) return;',
    text: 'state.newView !== null && equalBytes(state.newView.payload, vote.payload)',
    replacement: 'false',
    why: 'saves judging once more what was entered: it is late, and changes nothing',
  },
  {
    file: newView,
    line: "if (isLate && core.hasAccused(vote.sender, 'invalidNewView')) return;",
    replacement: 'false',
    why: 'saves judging what could only be told again, and nothing is told twice',
  },
  {
    file: newView,
    line: 'if (view !== core.state.view || !core.inWindow(sequence)) return false;',
    text: 'view !== core.state.view',
    replacement: 'false',
    why: 'the headers of a new view are of its view, which is the one this replica is in',
  },
  {
    file: recovery,
    line: 'while (state.isolated.has(core.primary(view))) view++;',
    why: 'a view whose primary is isolated is left at once, so no replica is active in it',
  },
  {
    file: retransmission,
    line: 'if (status.sinceTick > 0) state.peers.set(peer, { ...status, sinceTick: 0 });',
    why: 'saves a copy where the count is nothing already',
  },
  ...['true', 'm.view >= state.view'].map((replacement) => ({
    file: retransmission,
    line: 'if (m.view > state.view) noteComplaint(core, from, m.view - 1);',
    replacement,
    why: 'saves a call: a complaint about a view that is past is not noted',
  })),
  {
    file: retransmission,
    line: 'if (stable !== null && m.stableCheckpoint < core.lowWatermark) {',
    text: 'm.stableCheckpoint < core.lowWatermark',
    why: 'who has run less than this checkpoint, as is asked next, has none as high',
  },
  {
    file: retransmission,
    line: 'if (header.sender === index && batch !== null &&',
    text: 'batch !== null',
    replacement: 'true',
    why: 'for the type: a header is accepted with its batch',
  },
  {
    file: retransmission,
    line: 'if (batch === null) return;',
    text: 'batch === null',
    replacement: 'false',
    why: 'for the type: a decision is kept with its batch',
  },
  {
    file: retransmission,
    line: 'if (!core.inWindow(sequence) || sequence <= core.state.lastHanded) return;',
    text: 'sequence <= core.state.lastHanded',
    why: 'what was handed over is decided, as is asked next',
  },
  ...[
    'const running = state.transfer?.certificate.statement.sequence ?? 0;',
    'if (state.transfer?.installing || running >= certificate.statement.sequence) return;',
  ].map((line) => ({
    file: stateTransfer,
    line,
    why: 'it is called only where no transfer is under way',
  })),
  {
    file: stateTransfer,
    line: 'if (transfer === null || transfer.installing) return;',
    text: 'transfer === null',
    replacement: 'false',
    why: 'for the type: chunks are asked for where a transfer is under way',
  },
  {
    file: stateTransfer,
    line: 'for (let step = 1; step <= core.n; step++) {',
    replacement: 'step < core.n',
    why: 'a quorum signed: somebody else than this replica and the last source is among them',
  },
  {
    file: stateTransfer,
    line: 'return (last + 1) % core.n;',
    why: 'for the type: a quorum signed, so a source was found',
  },
  {
    file: stateTransfer,
    line: 'if (transfer === null || transfer.installing) return;',
    text: 'transfer === null || transfer.installing',
    why: 'in asking for chunks: who asks has begun a transfer, or begun it anew',
  },
  {
    file: stateTransfer,
    line: 'if (transfer === null) return;',
    text: 'transfer === null',
    replacement: 'false',
    why: forTheType,
  },
  {
    file: stateTransfer,
    line: 'if (transfer === null || transfer.installing || from !== transfer.source) return;',
    text: 'transfer.installing',
    why: 'all chunks are there then, and one that is there is not taken again',
  },
  {
    file: stateTransfer,
    line: '} else if (stable !== null && m.sequence < core.lowWatermark) {',
    replacement: 'm.sequence <= core.lowWatermark',
    why: 'the state at the watermark was served',
  },
  {
    file: stateTransfer,
    line: 'if (m.chunks < 1 ||',
    text: 'm.chunks < 1',
    replacement: 'false',
    why: 'every chunk is behind the last of none',
  },
  {
    file: stateTransfer,
    line: 'const chunks = transfer.chunks.filter((chunk) => chunk !== null);',
    why: 'for the type: all are there',
  },
  {
    file: viewChange,
    line: 'state.convicted = convicted.length === 0 ? nobody : new Set(convicted);',
    text: 'convicted.length === 0',
    replacement: 'false',
    why: 'a shortcut: a set of nobody is one as empty',
  },
  {
    file: viewChange,
    line: 'if (view <= state.view) return;',
    replacement: 'false',
    why: 'every caller names a later view',
  },
  {
    file: viewChange,
    line: 'if (view <= state.view) return;',
    replacement: 'view < state.view',
    why: 'every caller names a later view',
  },
  {
    file: viewChange,
    line: 'unmarkProposed(core);',
    why: 'done again when a view is entered, and nothing asks in between',
  },
  {
    file: viewChange,
    line: 'if (known !== undefined && equalBytes(known.payload, vote.payload)) return;',
    text: 'known !== undefined && equalBytes(known.payload, vote.payload)',
    replacement: 'false',
    why: 'saves judging once more what is known: it is late, and changes nothing',
  },
  {
    file: viewChange,
    line: "if (isLate && core.hasAccused(sender, 'invalidViewChange')) return;",
    replacement: 'false',
    why: 'saves judging what could only be told again, and nothing is told twice',
  },
  {
    file: viewChange,
    line: 'if (sender !== core.index && statement.view > state.view) ahead.push(statement.view);',
    text: 'sender !== core.index',
    replacement: 'true',
    why: 'its own view change is for the view it is in',
  },
];

import type { Mutant } from './mutant.ts';

const file = 'ballots.ts';

/** Whose votes count, which are kept for another view, and what two that differ say. */
export const ballotMutants: readonly Mutant[] = [
  {
    name: 'vote-counted-twice',
    rule: '§4.2',
    file,
    find: 'if (first === undefined) prepares.set(vote.sender, vote);',
    replace: 'if (first === undefined) prepares.set(core.n + prepares.size, vote);',
  },
  {
    name: 'second-header-not-noticed',
    rule: '§4.2',
    file,
    find: 'if (sameHeader(seen, header)) return false;',
    replace: 'if (seen !== null) return false;',
  },
  {
    name: 'liar-stays-primary',
    rule: '§4.4',
    file,
    find: '  if (view >= core.state.view) core.convict(view);\n',
    replace: '  view.toString();\n',
  },
  {
    name: 'lie-of-another-view-ends-this-one',
    rule: '§4.4',
    file,
    find: 'if (view >= core.state.view) core.convict(view);',
    replace: 'if (view >= 0) core.convict(core.state.view);',
  },
  {
    name: 'early-lie-forgotten-when-its-view-opens',
    rule: '§4.4',
    file,
    find: 'if (view >= core.state.view) core.convict(view);',
    replace: 'if (view === core.state.view) core.convict(view);',
  },
  {
    name: 'liar-of-the-next-view-gets-it',
    rule: '§4.4',
    file,
    find: 'if (view >= core.state.view) core',
    replace: 'if (view === core.state.view) core',
  },
  {
    name: 'two-faced-backup-not-accused',
    rule: '§4.2',
    file,
    find: "core.accuse({ type: 'conflictingPrepare', accused: vote.sender",
    replace: "JSON.stringify({ type: 'conflictingPrepare', accused: vote.sender",
  },
  {
    name: 'two-commits-not-accused',
    rule: '§4.2',
    file,
    find: "core.accuse({ type: 'conflictingCommit', accused: vote.sender",
    replace: "JSON.stringify({ type: 'conflictingCommit', accused: vote.sender",
  },
  {
    name: 'votes-of-the-last-view-kept',
    rule: '§4.2',
    file: 'log.ts',
    find: '    Object.assign(slot, takeAside(core, view, sequence));\n',
    replace: '',
  },
  {
    name: 'early-votes-thrown-away',
    rule: '§4.2',
    file,
    find: '  if (ballot === undefined) return emptyBallot(core);\n',
    replace: '  if (ballot !== null) return emptyBallot(core);\n',
  },
  {
    name: 'votes-of-the-view-left-forgotten',
    rule: '§4.2',
    file: 'log.ts',
    find: '    putAside(core, slot);\n',
    replace: '',
  },
  {
    name: 'votes-kept-for-every-view',
    rule: 'ours',
    file,
    find: 'Math.abs(view - present) <= 1',
    replace: 'Math.abs(view - present) >= 0',
  },
  {
    name: 'votes-kept-aside-beyond-the-window',
    rule: 'ours',
    file,
    find: 'if (!isNear(state.view, view) || !core.inWindow(sequence)) return null;',
    replace: 'if (!isNear(state.view, view)) return null;',
  },
  {
    name: 'votes-aside-never-forgotten',
    rule: 'ours',
    file,
    find: '  for (const key of aside.keys()) {\n',
    replace: '  for (const key of [] as string[]) {\n',
  },
  {
    name: 'batch-asked-of-one-peer-for-ever',
    rule: '§4.4',
    file: 'state.ts',
    find: '    state.helper = (state.helper + 1) % n;\n    if',
    replace: '    if',
  },
];

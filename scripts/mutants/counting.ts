import type { Mutant } from './mutant.ts';

const file = 'counting.ts';
const rule = 'ours, a vote that nothing follows from';

/** What a vote must be to be counted without a step. */
export const countingMutants: readonly Mutant[] = [
  {
    name: 'counted-prepare-replaces-the-one-before',
    rule,
    file,
    find: '  if (prepares.get(sender) !== undefined) return false;\n',
    replace: '',
  },
  {
    name: 'counted-commit-replaces-the-one-before',
    rule,
    file,
    find: '  if (commits.get(sender) !== undefined) return false;\n',
    replace: '',
  },
  {
    name: 'counted-prepare-quotes-any-header',
    rule,
    file,
    find: 'header !== slot.seen || sender === header.sender',
    replace: 'sender === header.sender',
  },
  {
    name: 'counted-prepare-is-the-primarys',
    rule,
    file,
    find: 'header !== slot.seen || sender === header.sender',
    replace: 'header !== slot.seen',
  },
  {
    name: 'counted-prepare-misquotes-its-header',
    rule,
    file,
    find: '  if (statement.headerDigest !== headerDigest(header)) return false;\n',
    replace: '',
  },
  {
    name: 'last-commit-of-a-quorum-is-only-counted',
    rule,
    file,
    find: 'commits >= core.quorum',
    replace: 'commits > core.quorum',
  },
  {
    name: 'last-prepare-of-a-quorum-is-only-counted',
    rule,
    file,
    find: 'prepares >= core.quorum - 1',
    replace: 'prepares >= core.quorum',
  },
  {
    name: 'votes-are-counted-for-a-view-that-was-left',
    rule,
    file,
    find: 'slot === null || slot.view !== state.view ||',
    replace: 'slot === null ||',
  },
  {
    name: 'votes-of-the-isolated-are-counted',
    rule,
    file,
    find: ' || state.isolated !== nobody',
    replace: ' || state.isolated === null',
  },
];

import type { Mutant } from './mutant.ts';

const file = 'complaint.ts';
const rule = '§4.4, complaints';

/** Who leaves a view, when, and with whom. */
export const complaintMutants: readonly Mutant[] = [
  {
    name: 'primary-may-crawl',
    rule,
    file: 'retransmission.ts',
    find: '  watchPrimary(core);\n',
    replace: '',
  },
  {
    name: 'headers-do-not-count-as-work',
    rule,
    file: 'normal-case.ts',
    find: '  core.state.heardPrimary = true;\n',
    replace: '',
  },
  {
    name: 'no-patience-where-agreement-is-slow',
    rule,
    file: 'idle-primary.ts',
    find: 'patienceTicks + patienceFactor * state.agreementTicks',
    replace: 'patienceTicks',
  },
  {
    name: 'no-more-patience-after-a-view-that-failed',
    rule,
    file: 'idle-primary.ts',
    find: 'patience * 2 ** state.backoff',
    replace: 'patience',
  },
  {
    name: 'who-is-late-itself-judges',
    rule,
    file: 'idle-primary.ts',
    find: ' || isLateItself(core)',
    replace: '',
  },
  {
    name: 'new-primary-pays-for-the-last',
    rule,
    file: 'view-change.ts',
    find: '  state.idleTicks = 0;\n',
    replace: '',
  },
  {
    name: 'whoever-complains-leaves-alone',
    rule,
    file,
    find: 'others + (own ? 1 : 0) >= quorum(core.n)',
    replace: 'others + (own ? 1 : 0) >= 1',
  },
  {
    name: 'one-complaint-too-few-to-leave',
    rule,
    file,
    find: 'others + (own ? 1 : 0) >= quorum(core.n)',
    replace: 'others + (own ? 1 : 0) >= quorum(core.n) - 1',
  },
  {
    name: 'nobody-complains-with-f+1',
    rule,
    file,
    find: '(waitsInVain(core) || others >= weakQuorum(core.n))',
    replace: 'waitsInVain(core)',
  },
  {
    name: 'f-complaints-are-enough-to-join',
    rule,
    file,
    find: 'others >= weakQuorum(core.n)',
    replace: 'others >= weakQuorum(core.n) - 1',
  },
  {
    name: 'complaints-never-end',
    rule,
    file,
    find: 'else state.complaints.delete(from);',
    replace: '',
  },
  {
    name: 'complaints-said-once-only',
    rule,
    file,
    find: '  state.complainedIn = null;\n',
    replace: '',
  },
  {
    name: 'the-satisfied-go-on-complaining',
    rule,
    file,
    find: '!state.pending.has(state.impatientFor)',
    replace: '(false as boolean)',
  },
  {
    name: 'complaints-of-the-isolated-count',
    rule,
    file,
    find: 'if (!state.isolated.has(replica)) others++;',
    replace: 'others++;',
  },
  {
    name: 'complaints-of-other-epochs-count',
    rule,
    file,
    find: 'if (m.epoch === core.options.validators.epoch) ',
    replace: '',
  },
  {
    name: 'complaints-without-a-vote',
    rule,
    file,
    find: 'core.mayLeaveFor(view + 1) && ',
    replace: '',
  },
  {
    name: 'complaints-of-followers-count',
    rule,
    file,
    find: 'if (from < n && view >= state.view)',
    replace: 'if (view >= state.view)',
  },
  {
    name: 'a-view-change-is-no-complaint',
    rule,
    file: 'view-change.ts',
    find: '  noteComplaint(core, sender, statement.view - 1);\n',
    replace: '',
  },
];

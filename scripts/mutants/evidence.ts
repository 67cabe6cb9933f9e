import type { Mutant } from './mutant.ts';

const file = 'evidence-check.ts';

/** Who may be condemned, and on what. */
export const evidenceMutants: readonly Mutant[] = [
  {
    name: 'same-words-twice-condemn',
    rule: '§4.2',
    file,
    find: 'if (equalBytes(first.payload, second.payload)) return',
    replace: 'if (false as boolean) return',
  },
  {
    name: 'words-about-two-slots-condemn',
    rule: '§4.2',
    file,
    find: 'if (slotOf(first) !== slotOf(second)) return',
    replace: 'if (false as boolean) return',
  },
  {
    name: 'words-of-others-condemn',
    rule: '§4.2',
    file,
    find: 'if (sender !== accused) return',
    replace: 'if (false as boolean) return',
  },
  {
    name: 'forged-words-condemn',
    rule: '§4.2',
    file,
    find: "? null : 'the signature is forged'",
    replace: '? null : null',
  },
  {
    name: 'only-the-first-words-are-checked',
    rule: '§4.2',
    file,
    find: ' ?? rejectSignature(accused, second, court)',
    replace: '',
  },
  {
    name: 'agreeing-votes-condemn',
    rule: '§4.3',
    file,
    find: 'resultsRoot === certified.resultsRoot &&',
    replace: 'resultsRoot !== certified.resultsRoot &&',
  },
  {
    name: 'votes-on-other-sequences-condemn',
    rule: '§4.3',
    file,
    find: 'if (sequence !== certified.sequence) {',
    replace: 'if (false as boolean) {',
  },
  {
    name: 'divergence-without-a-certificate',
    rule: '§4.3',
    file,
    find: 'checkResultCertificate(certificate, court.validators, court.verify)',
    replace: 'null',
  },
  {
    name: 'valid-view-changes-condemn',
    rule: '§4.4',
    file,
    find: "? 'the view change is valid' : null",
    replace: '? null : null',
  },
  {
    name: 'valid-new-views-condemn',
    rule: '§4.4',
    file,
    find: "? 'the new view is valid' : null",
    replace: '? null : null',
  },
  {
    name: 'words-about-two-views-condemn',
    rule: '§4.2',
    file,
    find: '.view}/',
    replace: '.sequence}/',
  },
  {
    name: 'words-in-turn-condemn',
    rule: '§4.2',
    file,
    find: "? null : 'in its turn'",
    replace: '? null : null',
  },
  {
    name: 'forged-words-out-of-turn-condemn',
    rule: '§4.2',
    file,
    find: `rejectSignature(evidence.accused, evidence.vote, court) ??
        (isOutOfTurn(`,
    replace: `(evidence.accused < 0 ? 'nobody' : null) ??
        (isOutOfTurn(`,
  },
  {
    name: 'prepares-are-never-out-of-turn',
    rule: '§4.2',
    file: 'evidence.ts',
    find: "return leads !== (statement.type === 'prePrepare');",
    replace: "return statement.type === 'prePrepare' && !leads;",
  },
  {
    name: 'two-results-condemn-nobody',
    rule: '§4.3',
    file: 'checkpoint.ts',
    find: "core.accuse({ type: 'conflictingResult', accused: vote.sender, first, second: vote });",
    replace: '',
  },
  {
    name: 'quoted-header-out-of-turn-condemns-nobody',
    rule: '§4.2',
    file: 'normal-case.ts',
    find: '    accuseOutOfTurn(core, header);\n    return {',
    replace: '    return {',
  },
  {
    name: 'header-in-a-crooked-prepare-not-compared',
    rule: '§4.2',
    file: 'normal-case.ts',
    find: 'const conflicts = ballot !== null && compareHeaders(core, ballot, header);\n  return',
    replace: 'const conflicts = ballot === null && sequence < 0;\n  return',
  },
  {
    name: 'what-is-too-large-counts-as-told',
    rule: 'ours',
    file: 'state.ts',
    find: 'return this.strike(accused, ',
    replace: "return void (this.state.accused.add([accused, type].join('/')), ",
  },
  {
    name: 'late-certificates-unheard',
    rule: '§4.3',
    file: 'view-change.ts',
    find: [
      'if (statement.stable !== null) onCertificate(core, statement.stable);',
      '  if (isLate) return;',
    ].join('\n'),
    replace: [
      'if (isLate) return;',
      '  if (statement.stable !== null) onCertificate(core, statement.stable);',
    ].join('\n'),
  },
  {
    name: 'certificates-in-a-new-view-unheard',
    rule: '§4.3',
    file: 'new-view.ts',
    find: 'rememberCertificate(core, statement.stable);',
    replace: 'void core;',
  },
];

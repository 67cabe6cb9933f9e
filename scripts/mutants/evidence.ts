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
    find: 'if (other.view !== view || other.sequence !== sequence) return',
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
    find: 'if (sequence !== certified.sequence || epoch !== certified.epoch) {',
    replace: 'if (epoch !== certified.epoch) {',
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
];

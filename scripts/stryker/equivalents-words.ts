import type { Equivalent } from './equivalent.ts';

const answerTree = 'pbft/answer-tree.ts';
const certifiedAnswer = 'pbft/certified-answer.ts';
const certificates = 'pbft/certificates.ts';
const envelope = 'pbft/envelope.ts';
const evidenceCheck = 'pbft/evidence-check.ts';
const latelyAsked = 'pbft/lately-asked.ts';
const statementCodec = 'pbft/statement-codec.ts';

/** Mutants of what checks answers, signatures and evidence that behave as the original does. */
export const wordsEquivalents: readonly Equivalent[] = [
  {
    file: statementCodec,
    line: 'undefined)[] = new Array(',
    replacement: 'new Array()',
    why: 'places come when they are filled',
  },
  {
    file: statementCodec,
    line: "b.type === 'result' &&",
    text: "b.type === 'result'",
    replacement: 'true',
    why: 'for the type: votes of one place are of one type',
  },
  {
    file: statementCodec,
    line: 'return a.type === b.type && a.view === b.view && a.headerDigest === b.headerDigest;',
    text: 'a.type === b.type',
    replacement: 'true',
    why: 'votes of one place are of one type',
  },
  {
    file: answerTree,
    line: 'private readonly climbed: Uint8Array[] = [];',
    why: 'emptied before each way up',
  },
  {
    file: answerTree,
    line: 'if (known !== undefined) return equalBytes(known, result) &&',
    text: 'known !== undefined',
    replacement: 'false',
    why: 'saves a hash: the leaf is known as well',
  },
  {
    file: answerTree,
    line: 'if (known !== undefined) {',
    why: 'saves climbing on: the rest leads to the root or it does not',
  },
  {
    file: answerTree,
    line: 'for (let level = 0; count > 1; level++) {',
    replacement: 'level--',
    why: 'here the level only says where known nodes are looked for, which saves climbing',
  },
  {
    file: answerTree,
    line: 'hash = sibling < place ? nodeHash(other, hash) : nodeHash(hash, other);',
    replacement: 'sibling <= place',
    why: 'no node is its own sibling',
  },
  {
    file: answerTree,
    line: 'const known = this.levels[level]?.[sibling];',
    why: 'for the type: whatever is known, all on its path is',
  },
  {
    file: answerTree,
    line: 'if (known === undefined || other === undefined ||',
    text: 'known === undefined',
    replacement: 'false',
    why: 'for the type: whatever is known, all on its path is',
  },
  {
    file: certifiedAnswer,
    line: 'const lately: Looked[] = [];',
    why: 'what has no root is never the tree asked for, and goes first when the list is full',
  },
  {
    file: certifiedAnswer,
    line: 'if (result.length > limits.resultBytes || path.length > limits.pathLength)',
    text: 'path.length > limits.pathLength',
    why: 'a batch within its limit has no path as long, and the path must fit the batch',
  },
  {
    file: certifiedAnswer,
    line: 'if (rootAbove.get(answer) === resultsRoot) return true;',
    text: 'rootAbove.get(answer) === resultsRoot',
    replacement: 'false',
    why: 'saves climbing a path again',
  },
  {
    file: certifiedAnswer,
    line: 'rootAbove.set(answer, resultsRoot);',
    why: 'saves climbing a path again',
  },
  {
    file: certifiedAnswer,
    line: 'if (at > 0) lately.unshift(...lately.splice(at, 1));',
    text: 'at > 0',
    why: 'putting the first at the front changes nothing',
  },
  {
    file: latelyAsked,
    line: 'for (let i = 1; i <= atEnd && i <= length; i++) {',
    text: 'i <= length',
    replacement: 'i < length',
    why: 'the first byte was looked at before',
  },
  {
    file: latelyAsked,
    line: 'mixed = (Math.imul(mixed, 31) + (operation[',
    why: 'other places, which are as good',
  },
  {
    file: certificates,
    line: 'if (lastEncoded?.statement !== statement) {',
    replacement: 'true',
    why: 'saves encoding again',
  },
  {
    file: envelope,
    line: 'if (prefix.chainId !== chainId) {',
    replacement: 'true',
    why: 'saves making the same prefix again',
  },
  {
    file: envelope,
    line: 'if (sizeBytes > scratch.bytes.length)',
    replacement: 'true',
    why: 'where the bytes stand makes no difference to them',
  },
  {
    file: envelope,
    line: 'if (sizeBytes > scratch.bytes.length)',
    replacement: 'sizeBytes >= scratch.bytes.length',
    why: 'where the bytes stand makes no difference to them',
  },
  {
    file: envelope,
    line: 'known?.validators === validators &&',
    replacement: 'false',
    why: 'saves verifying again',
  },
  {
    file: envelope,
    line: ') {',
    text: '{\n      return known.ok;\n    }',
    why: 'saves verifying again',
  },
  {
    file: envelope,
    line: 'verdicts.set(signature, { validators, replica, payload, ok });',
    why: 'saves verifying again',
  },
  {
    file: envelope,
    line: 'if (lastNamed?.payload === payload) return lastNamed.digest;',
    replacement: 'false',
    why: 'saves hashing again',
  },
  {
    file: envelope,
    line: 'if (found === undefined) {',
    replacement: 'true',
    why: 'saves hashing again',
  },
  {
    file: envelope,
    line: 'headerDigests.set(payload, found);',
    why: 'saves hashing again',
  },
  {
    file: envelope,
    line: 'requestDigests.set(operation, found);',
    why: 'saves hashing again',
  },
  {
    file: envelope,
    line: 'batchDigests.set(batch, found);',
    why: 'saves hashing again',
  },
  {
    file: envelope,
    line: 'const writer = new Writer(4 + 32 * batch.length);',
    text: '4 + 32 * batch.length',
    why: 'room to begin with: it grows',
  },
  {
    file: evidenceCheck,
    line: "return statement.type === 'result' ?",
    replacement: 'false',
    why: 'a result has no view, whichever it is',
  },
];

import { concatBytes } from '../../src/base/bytes.ts';
import { encodeResult } from '../../src/ledger/result.ts';
import type { CertifiedAnswer } from '../../src/runtime/validator.ts';
import { type Lies, nowMs } from './fake-cluster.ts';

const withVotes = (
  change: (
    votes: CertifiedAnswer['certificate']['votes'],
  ) => CertifiedAnswer['certificate']['votes'],
): Lies => ({
  certified: (it) => ({
    ...it,
    certificate: { ...it.certificate, votes: change(it.certificate.votes) },
  }),
});
const withAnswer = (
  change: (it: CertifiedAnswer['answer']) => CertifiedAnswer['answer'],
): Lies => ({
  certified: (it) => ({ ...it, answer: change(it.answer) }),
});

export const oneVoteShort = withVotes((votes) => votes.slice(1));

/** Answers on which nothing may be issued, and with which no certificate may verify. */
export const lies: readonly (readonly [what: string, why: string, lies: Lies])[] = [
  ['one vote short', 'two of four are no quorum', withVotes((votes) => votes.slice(1))],
  [
    'one vote twice',
    'a quorum is of distinct replicas',
    withVotes((votes) => [votes[0]!, votes[1]!, votes[1]!]),
  ],
  [
    'a vote under another name',
    'the signature is another replica\u2019s',
    withVotes((votes) => [{ ...votes[0]!, replica: 0 }, votes[1]!, votes[2]!]),
  ],
  [
    'a vote of a stranger',
    'there is no replica 9',
    withVotes((votes) => [votes[0]!, votes[1]!, { ...votes[2]!, replica: 9 }]),
  ],
  [
    'a broken signature',
    'one bit decides',
    withVotes((votes) => [{ ...votes[0]!, signature: new Uint8Array(64) }, votes[1]!, votes[2]!]),
  ],
  [
    'an old epoch',
    'that set of validators is gone',
    { statement: (statement) => ({ ...statement, epoch: 2 }) },
  ],
  [
    'another root',
    'the votes are not over this result',
    { statement: (statement) => ({ ...statement, resultsRoot: 'ab'.repeat(32) }) },
  ],
  [
    'a statement changed after the votes',
    'signatures cover the sequence',
    {
      certified: (it) => ({
        ...it,
        certificate: {
          ...it.certificate,
          statement: { ...it.certificate.statement, sequence: 7 },
        },
      }),
    },
  ],
  [
    'another place in the batch',
    'the path is for one index',
    withAnswer((it) => ({ ...it, index: 3 })),
  ],
  [
    'a shorter path',
    'it does not reach the root',
    withAnswer((it) => ({ ...it, path: it.path.slice(1) })),
  ],
  [
    'a result changed after the votes',
    'the leaf is the result',
    withAnswer((it) => ({ ...it, result: concatBytes(it.result, new Uint8Array(1)) })),
  ],
  [
    'an answer to another operation',
    'it is not what was asked',
    withAnswer((it) => ({ ...it, requestDigest: 'cd'.repeat(32) })),
  ],
  [
    'the result of another operation',
    'the leaf names the operation it answers',
    { result: (result) => ({ ...result, operation: 'cd'.repeat(32) }) },
  ],
  ['bytes that are no result', 'a quorum of broken services', { result: () => new Uint8Array(9) }],
  [
    'a registration',
    'a quorum certified something, but no decision',
    {
      result: ({ operation, decidedAtMs, beacon, computeBits }) =>
        encodeResult({ type: 'accepted', operation, decidedAtMs, beacon, computeBits }),
    },
  ],
  [
    'a certified refusal to read the operation',
    'not the operation of a request',
    {
      result: ({ operation, decidedAtMs, beacon, computeBits }) =>
        encodeResult({
          type: 'refused',
          operation,
          decidedAtMs,
          beacon,
          computeBits,
          reason: 'undecodable',
        }),
    },
  ],
  [
    'a vote on another TBS',
    'a CA must not spend one answer on two certificates',
    { result: (result) => ({ ...result, tbsDigest: 'ef'.repeat(32) }) },
  ],
  [
    'a vote on no TBS',
    'an answer made for a service that is no CA',
    { result: (result) => ({ ...result, tbsDigest: null }) },
  ],
  [
    'a vote on another request',
    'names and key are in the request hash',
    { result: (result) => ({ ...result, requestHash: '12'.repeat(32) }) },
  ],
  [
    'a vote for another node',
    'its stake and space were judged, not ours',
    { result: (result) => ({ ...result, nodeId: new Uint8Array(32).fill(9) }) },
  ],
  [
    'a vote before the certificate begins',
    'an answer kept for later',
    { result: (result) => ({ ...result, decidedAtMs: nowMs - 2 * 60 * 60 * 1000 }) },
  ],
];

import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { leafHash, merklePath, merkleRoot } from '../../src/base/merkle.ts';
import {
  checkCheckpointCertificate,
  checkCommitCertificate,
  checkPreparedCertificate,
  checkResultCertificate,
  resultCertificateDigest,
} from '../../src/pbft/certificates.ts';
import { checkCertifiedAnswer } from '../../src/pbft/certified-answer.ts';
import { batchDigest, headerDigest, requestDigest, seal } from '../../src/pbft/envelope.ts';
import type { PrePrepare, ResultStatement, Statement, Vote } from '../../src/pbft/messages.ts';
import { TestCluster } from './cluster.ts';

/** Seven replicas: f = 2, quorum 5; replica 1 is primary of view 1. */
const { validators, verify, signer } = bind(new TestCluster(7, {}, idealScheme));

function bind(cluster: TestCluster) {
  const { validators, verify } = cluster;
  return { validators, verify, signer: (index: number) => cluster.signer(index) };
}

function votes(statement: Statement, by: readonly number[]): Vote[] {
  return by.map((replica) => {
    const { signature } = seal(statement, replica, signer(replica), validators.chainId);
    return { replica, signature };
  });
}

function broken(all: readonly Vote[]): Vote[] {
  return all.map((vote, i) => {
    return i === 2 ? { ...vote, signature: vote.signature.map((byte) => byte ^ 1) } : vote;
  });
}

const operation = utf8('a');
const proposal: PrePrepare = {
  type: 'prePrepare',
  view: 1,
  sequence: 3,
  batchDigest: batchDigest([operation]),
  timestamp: 1,
};
const header = seal(proposal, 1, signer(1), validators.chainId);
const foreign = seal(proposal, 2, signer(2), validators.chainId);
const forged = { ...header, signature: header.signature.map((byte) => byte ^ 1) };
const place = { view: 1, sequence: 3, headerDigest: headerDigest(header) };
const prepare: Statement = { type: 'prepare', ...place };
const commit: Statement = { type: 'commit', ...place };

describe('a prepared certificate (§4.2)', () => {
  const good = votes(prepare, [0, 2, 4, 6]);
  it.each([
    ['header and quorum - 1 backups', header, good, null],
    ['more than enough', header, votes(prepare, [0, 2, 3, 4, 5, 6]), null],
    ['one short', header, good.slice(1), '3 votes, 4 needed'],
    ['one backup twice', header, [good[0], good[0], good[1], good[2]], 'out of order or twice'],
    ['not ascending', header, [...good].reverse(), 'out of order or twice'],
    ['the primary as a backup', header, votes(prepare, [0, 1, 2, 4]), 'the primary of the header'],
    ['a replica that does not exist', header, [...good.slice(1), ...votes(prepare, [7])], 'no val'],
    ['a forged prepare', header, broken(good), 'signature of replica 4'],
    ['commits in place of prepares', header, votes(commit, [0, 2, 4, 6]), 'signature'],
    ['a header by a backup', foreign, good, 'not by its primary'],
    ['a forged header', forged, good, 'signature of header'],
  ])('with %s', (_why, top, prepares, reason) => {
    const certificate = { header: top, prepares: prepares as Vote[] };
    const found = checkPreparedCertificate(certificate, validators, verify);
    if (reason === null) expect(found).toBeNull();
    else expect(found).toContain(reason);
  });
});

describe('a commit certificate (§4.2)', () => {
  const good = votes(commit, [0, 1, 2, 4, 6]);
  it.each([
    ['a quorum, the primary among them', header, good, null],
    ['one short', header, good.slice(1), '4 votes, 5 needed'],
    ['one vote twice', header, [good[0], ...good.slice(0, 4)], 'out of order or twice'],
    ['a forged vote', header, broken(good), 'signature of replica 2'],
    ['prepares in place of commits', header, votes(prepare, [0, 1, 2, 4, 6]), 'signature'],
    ['a header by a backup', foreign, good, 'not by its primary'],
    ['a forged header', forged, good, 'signature of header'],
  ])('with %s', (_why, top, commits, reason) => {
    const certificate = { header: top, commits: commits as Vote[] };
    const found = checkCommitCertificate(certificate, validators, verify);
    if (reason === null) expect(found).toBeNull();
    else expect(found).toContain(reason);
  });
});

const results = ['one', 'two', 'three'].map(utf8);
const leaves = results.map(leafHash);
const result: ResultStatement = {
  type: 'result',
  epoch: 0,
  sequence: 8,
  timestamp: 5,
  resultsRoot: toHex(merkleRoot(leaves)),
  stateDigest: digest('test/state', utf8('state')),
};
const quorumVotes = votes(result, [0, 1, 3, 4, 5]);

describe('a result certificate', () => {
  const later = { ...result, epoch: 1 };
  it.each([
    ['a quorum', result, quorumVotes, null],
    ['one short', result, quorumVotes.slice(1), '4 votes, 5 needed'],
    ['a forged vote', result, broken(quorumVotes), 'signature of replica 3'],
    ['votes for another result', { ...result, timestamp: 6 }, quorumVotes, 'signature'],
    // Keys may stay the same over epochs; what a quorum is does not.
    ['another epoch', later, votes(later, [0, 1, 3, 4, 5]), 'membership epoch 1, not 0'],
  ])('with %s', (_why, statement, all, reason) => {
    const found = checkResultCertificate({ statement, votes: all }, validators, verify);
    if (reason === null) expect(found).toBeNull();
    else expect(found).toContain(reason);
  });

  it('is a checkpoint only at a multiple of the interval (§4.3)', () => {
    const certificate = { statement: result, votes: quorumVotes };
    expect(checkCheckpointCertificate(certificate, 4, validators, verify)).toBeNull();
    expect(checkCheckpointCertificate(certificate, 3, validators, verify)).toContain('no check');
  });
});

describe('the digest of a result certificate', () => {
  it('names it with its votes', () => {
    const name = (all: Vote[]) => resultCertificateDigest({ statement: result, votes: all });
    expect(name(quorumVotes)).toBe(name([...quorumVotes]));
    expect(name(quorumVotes)).not.toBe(name(quorumVotes.slice(1)));
  });
});

describe('a certified answer', () => {
  const answer = {
    requestDigest: requestDigest(operation),
    result: results[1] as Uint8Array,
    index: 1,
    batchSize: 3,
    path: merklePath(leaves, 1),
  };
  const certificate = { statement: result, votes: quorumVotes };
  const other = requestDigest(utf8('b'));
  const withRoot = (resultsRoot: string) => ({
    statement: { ...result, resultsRoot },
    votes: votes({ ...result, resultsRoot }, [0, 1, 3, 4, 5]),
  });
  it.each([
    ['path and quorum', { certificate, answer }, null],
    [
      'an answer to another request',
      { certificate, answer: { ...answer, requestDigest: other } },
      'not',
    ],
    ['another result', { certificate, answer: { ...answer, result: utf8('2') } }, 'not under'],
    ['another place', { certificate, answer: { ...answer, index: 2 } }, 'not under'],
    ['another batch size', { certificate, answer: { ...answer, batchSize: 2 } }, 'not under'],
    [
      'a path too long',
      { certificate, answer: { ...answer, path: Array(17).fill(leaves[0]) } },
      'not under',
    ],
    ['a root that is no digest', { certificate: withRoot('00'), answer }, 'not under'],
    [
      'too few votes',
      { certificate: { ...certificate, votes: quorumVotes.slice(1) }, answer },
      '4 votes',
    ],
  ])('with %s', (_why, certified, reason) => {
    const found = checkCertifiedAnswer(certified, answer.requestDigest, validators, verify);
    if (reason === null) expect(found).toBeNull();
    else expect(found).toContain(reason);
  });

  it('to another request names both by the beginning of their digests', () => {
    const requestDigest = '0123456789abcdef'.repeat(4);
    const certified = { certificate, answer: { ...answer, requestDigest } };
    const found = checkCertifiedAnswer(certified, 'f'.repeat(64), validators, verify);
    expect(found).toBe('an answer to 01234567, not ffffffff');
  });

  it('names its root in hex', () => {
    expect(fromHex(result.resultsRoot)).toEqual(Uint8Array.from(merkleRoot(leaves)));
  });
});

describe('the first certificate of a process', () => {
  let processes = 0;

  it('is checked like all others', async () => {
    // Loaded anew, as in a process of its own.
    const path = `../../src/pbft/certificates.ts?process=${processes++}`;
    const fresh: typeof import('../../src/pbft/certificates.ts') = await import(path);
    const statement: ResultStatement = {
      type: 'result',
      epoch: 0,
      sequence: 4,
      timestamp: 1,
      resultsRoot: 'ab'.repeat(32),
      stateDigest: 'cd'.repeat(32),
    };
    const certificate = { statement, votes: votes(statement, [0, 1, 2, 3, 4]) };
    expect(fresh.checkResultCertificate(certificate, validators, verify)).toBeNull();
    const short = { statement, votes: certificate.votes.slice(1) };
    expect(fresh.checkResultCertificate(short, validators, verify)).toContain('4 votes');
  });
});

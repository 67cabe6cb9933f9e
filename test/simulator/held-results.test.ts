import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { rememberedCheckpoints } from '../../src/pbft/checkpoint.ts';
import type { Envelope, ResultStatement } from '../../src/pbft/messages.ts';
import { encodeStatement } from '../../src/pbft/statement-codec.ts';
import { HeldResults } from '../../src/simulator/explorer/held-results.ts';

function result(state: string, sequence = 16): ResultStatement {
  const digests = {
    resultsRoot: digest('test', utf8('r')),
    stateDigest: digest('test', utf8(state)),
  };
  return { type: 'result', epoch: 0, sequence, timestamp: 1, ...digests };
}

/** Signatures are not looked at here: who hands a vote over has checked it. */
function vote(sender: number, state: string, sequence = 16): Envelope<ResultStatement> {
  const statement = result(state, sequence);
  return { sender, statement, payload: encodeStatement(statement), signature: new Uint8Array() };
}

const certificate = (state: string, sequence = 16) => ({
  statement: result(state, sequence),
  votes: [],
});

describe('what a replica of four holds of results', () => {
  it('proves no lie while no quorum says the same, whatever is true', () => {
    const held = new HeldResults(4);
    const proven = [vote(3, 'lie'), vote(0, 'truth'), vote(1, 'truth')].map((v) => held.onVote(v));
    expect(proven).toEqual([[], [], []]);
    expect(held.judges(16)).toBe(false);
  });

  it('proves it with the vote that makes a quorum, or the certificate from elsewhere', () => {
    const held = new HeldResults(4);
    for (const one of [vote(3, 'lie'), vote(0, 'truth'), vote(1, 'truth')]) held.onVote(one);
    expect(held.onVote(vote(2, 'truth'))).toEqual([3]);
    const told = new HeldResults(4);
    told.onVote(vote(3, 'lie'));
    expect(told.onCertificate(certificate('truth'))).toEqual([3]);
    expect(told.onCertificate(certificate('truth'))).toEqual([]);
  });

  it('proves a lie that comes after the certificate, and no truth', () => {
    const held = new HeldResults(4);
    held.onCertificate(certificate('truth'));
    expect(held.onVote(vote(2, 'truth'))).toEqual([]);
    expect(held.onVote(vote(3, 'lie'))).toEqual([3]);
  });

  it('counts the first vote of a sender: a second makes no quorum', () => {
    const held = new HeldResults(4);
    held.onVote(vote(3, 'lie'));
    for (const one of [vote(0, 'truth'), vote(1, 'truth'), vote(3, 'truth')]) {
      expect(held.onVote(one)).toEqual([]);
    }
    expect(held.judges(16)).toBe(false);
  });

  it('forgets votes below the watermark, and certificates but the newest', () => {
    const held = new HeldResults(4);
    held.onVote(vote(3, 'lie', 16));
    held.onVote(vote(3, 'lie', 32));
    held.forgetBelow(32);
    expect(held.onCertificate(certificate('truth', 16))).toEqual([]);
    expect(held.onCertificate(certificate('truth', 32))).toEqual([3]);
    for (let k = 3; k < 3 + rememberedCheckpoints; k++)
      held.onCertificate(certificate('t', k * 16));
    expect(held.judges(32)).toBe(false);
    expect(held.judges(48)).toBe(true);
  });
});

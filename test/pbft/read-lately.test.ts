import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestToBytes } from '../../src/base/digest.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Commit, Envelope, ViewChange } from '../../src/pbft/messages.ts';

const chainId = '1'.repeat(64);
const digest = 'ab'.repeat(32);

function commitFrame(sender: number, sequence = 300, headerDigest = digest): Uint8Array {
  const signer = idealScheme.signer(digestToBytes('test', utf8(`${sender}`)));
  const vote = seal({ type: 'commit', view: 0, sequence, headerDigest }, sender, signer, chainId);
  return encodeMessage({ type: 'commit', vote });
}

function read(frame: Uint8Array): Envelope<Commit> {
  const decoded = decodeMessage(frame);
  if (!decoded.ok || decoded.value.type !== 'commit') throw new Error('no commit');
  return decoded.value.vote;
}

describe('votes that sign the same bytes', () => {
  it('share them once read, but neither sender nor signature', () => {
    const [first, second] = [read(commitFrame(1)), read(commitFrame(2))];
    expect(second.statement).toBe(first.statement);
    expect(second.payload).toBe(first.payload);
    expect([first.sender, second.sender]).toEqual([1, 2]);
    expect(second.signature).not.toEqual(first.signature);
  });

  it('are told apart when one byte differs', () => {
    read(commitFrame(1));
    expect(read(commitFrame(2, 300, `ac${digest.slice(2)}`)).statement.headerDigest).toBe(
      `ac${digest.slice(2)}`,
    );
    expect(read(commitFrame(2, 316)).statement.sequence).toBe(316);
  });

  it('stay what they were when the frame that came first is written over', () => {
    const frame = commitFrame(1, 301);
    const vote = read(frame);
    frame.fill(0xff);
    expect(read(commitFrame(1, 301))).toEqual(vote);
    expect(read(commitFrame(1, 301)).statement).toEqual({
      type: 'commit',
      view: 0,
      sequence: 301,
      headerDigest: digest,
    });
  });

  it('are one vote when it comes again, and another under another name', () => {
    const frame = commitFrame(1, 302);
    const vote = read(frame);
    expect(read(commitFrame(1, 302))).toBe(vote);
    // A frame begins with its type, then the sender.
    const renamed = Uint8Array.from(frame);
    expect(renamed[1]).toBe(1);
    renamed[1] = 2;
    expect(read(renamed)).toEqual({ ...vote, sender: 2 });
  });

  it('are remembered of sixteen slots in flight', () => {
    const sequences = Array.from({ length: 16 }, (_, i) => 320 + i);
    const votes = sequences.map((sequence) => read(commitFrame(1, sequence)));
    for (const [i, sequence] of sequences.entries()) {
      expect(read(commitFrame(1, sequence))).toBe(votes[i]);
    }
  });

  it.each([
    [160, true],
    [161, false],
  ])('of %i bytes are remembered: %s', (length, isRemembered) => {
    const digests = { resultsRoot: digest, stateDigest: digest };
    const result = { type: 'result', epoch: 0, sequence: 4, timestamp: 1, ...digests } as const;
    // A claim of 107 bytes, and one vote: its replica, the length of its signature, its signature.
    const votes = [{ replica: 1, signature: new Uint8Array(length - 107 - 2) }];
    const stable = { statement: result, votes };
    const claim: ViewChange = { type: 'viewChange', view: 1, stable, prepared: [] };
    const vote = seal(claim, 1, idealScheme.signer(new Uint8Array(32)), chainId);
    expect(vote.payload.length).toBe(length);
    const frame = encodeMessage({ type: 'viewChange', vote });
    const [first, again] = [1, 2].map(() => {
      const decoded = decodeMessage(frame);
      if (!decoded.ok || decoded.value.type !== 'viewChange') throw new Error('no view change');
      return decoded.value.vote;
    });
    expect(again).toEqual(first);
    expect(again === first).toBe(isRemembered);
  });
});

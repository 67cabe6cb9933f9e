import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestToBytes } from '../../src/base/digest.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Commit, Envelope } from '../../src/pbft/messages.ts';

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
});

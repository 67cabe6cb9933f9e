import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { ed25519 } from '../../src/base/signature.ts';
import {
  epochChainId,
  headerDigest,
  outerEnvelope,
  seal,
  voteVerifier,
} from '../../src/pbft/envelope.ts';
import type { Commit } from '../../src/pbft/messages.ts';

const [chain, otherChain] = ['one', 'other'].map((name) => digest('test/chain', utf8(name))) as [
  string,
  string,
];
const signers = [1, 2].map((seed) => ed25519.signer(new Uint8Array(32).fill(seed)));
const publicKeys = signers.map(({ publicKey }) => publicKey);
const commit: Commit = { type: 'commit', view: 0, sequence: 1, headerDigest: '00'.repeat(32) };

describe('a signature', () => {
  const signed = (chainId: string, statement = commit) =>
    seal(statement, 0, signers[0] as (typeof signers)[0], chainId);

  it('is over a domain, the chain and the payload, whatever was signed before', () => {
    for (const chainId of [chain, otherChain, chain, chain]) {
      const { payload, signature } = signed(chainId);
      const chainBytes = fromHex(chainId) as Uint8Array;
      const bytes = concatBytes(utf8('hypermesh/statement\0'), chainBytes, payload);
      expect(ed25519.verify(publicKeys[0] as Uint8Array, bytes, signature)).toBe(true);
    }
  });

  it('is over all of a payload, be it longer than most', () => {
    const votes = Array.from({ length: 64 }, (_, replica) => {
      return { replica, signature: new Uint8Array(64).fill(replica) };
    });
    const digests = { resultsRoot: chain, stateDigest: chain };
    const statement = { type: 'result', epoch: 0, sequence: 4, timestamp: 1, ...digests } as const;
    const stable = { statement, votes };
    const long = { type: 'viewChange', view: 1, stable, prepared: [] } as const;
    const { payload, signature } = seal(long, 0, signers[0] as (typeof signers)[0], chain);
    expect(payload.length).toBeGreaterThan(4096);
    const chainBytes = fromHex(chain) as Uint8Array;
    const bytes = concatBytes(utf8('hypermesh/statement\0'), chainBytes, payload);
    expect(ed25519.verify(publicKeys[0] as Uint8Array, bytes, signature)).toBe(true);
  });

  it('holds for its signer, its payload and its validators, whatever was asked before', () => {
    const verify = voteVerifier(ed25519, { chainId: chain, epoch: 0, publicKeys });
    const elsewhere = voteVerifier(ed25519, { chainId: otherChain, epoch: 0, publicKeys });
    const { payload, signature } = signed(chain);
    const changed = payload.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
    for (let i = 0; i < 2; i++) {
      expect(verify(0, payload, signature)).toBe(true);
      expect(verify(0, Uint8Array.from(payload), signature)).toBe(true);
      expect(verify(1, payload, signature)).toBe(false);
      expect(verify(0, payload, signature)).toBe(true);
      expect(verify(0, changed, signature)).toBe(false);
      expect(verify(2, payload, signature)).toBe(false);
      expect(elsewhere(0, payload, signature)).toBe(false);
    }
  });
});

describe('the chain that signatures of an epoch are bound to', () => {
  it('is the cluster in epoch 0, and another in every epoch after', () => {
    const ids = [0, 1, 2].map((epoch) => epochChainId(chain, epoch));
    expect(ids[0]).toBe(chain);
    expect(new Set([...ids, epochChainId(otherChain, 1)]).size).toBe(4);
  });
});

describe('the name of a header', () => {
  let processes = 0;

  it('is the same in every process, the first that it gives included', async () => {
    const header = seal(
      { type: 'prePrepare', view: 0, sequence: 1, batchDigest: chain, timestamp: 1 },
      0,
      signers[0] as (typeof signers)[0],
      chain,
    );
    // Loaded anew, as in a process of its own: nothing was asked there yet.
    const path = `../../src/pbft/envelope.ts?process=${processes++}`;
    const elsewhere: typeof import('../../src/pbft/envelope.ts') = await import(path);
    const name = digest('hypermesh/header', header.payload);
    expect(elsewhere.headerDigest(header)).toBe(name);
    expect(headerDigest(header)).toBe(name);
  });
});

describe('the envelope at the outside of a message', () => {
  it('is none where nobody signed', () => {
    expect(outerEnvelope({ type: 'complaint', epoch: 0, view: 0 })).toBeNull();
  });
});

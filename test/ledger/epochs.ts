import { ed25519, type Signer } from '../../src/base/signature.ts';
import type { EpochChange } from '../../src/ledger/epoch-change.ts';
import { encodeMembership, putMembership } from '../../src/ledger/membership.ts';
import { LedgerState, stateKeys } from '../../src/ledger/state.ts';
import { emptyTree, provePath } from '../../src/ledger/state-tree.ts';
import { epochChainId, seal } from '../../src/pbft/envelope.ts';
import type { ResultStatement } from '../../src/pbft/messages.ts';
import { quorum } from '../../src/pbft/quorum.ts';

export function signersOf(...seeds: readonly number[]): Signer[] {
  return seeds.map((seed) => ed25519.signer(new Uint8Array(32).fill(seed)));
}

/** The change to the epoch after `epoch`, with `members` in it, as `voters` certify it. */
export function changeTo(
  clusterId: string,
  epoch: number,
  voters: readonly Signer[],
  members: readonly Signer[],
  { after = 16 * (epoch + 1), nextEpoch = epoch + 1, votes = quorum(voters.length) } = {},
): EpochChange {
  const state = new LedgerState(emptyTree);
  const keys = members.map(({ publicKey }) => publicKey);
  const membership = { epoch: nextEpoch, members: keys, standbys: [], expelled: [], next: null };
  putMembership(state, membership);
  state.put('other', new Uint8Array([1]));
  const statement: ResultStatement = {
    type: 'result',
    epoch,
    sequence: after,
    timestamp: 1_700_000_000_000 + after,
    resultsRoot: '00'.repeat(32),
    stateDigest: state.digest,
  };
  const chainId = epochChainId(clusterId, epoch);
  const signed = voters.slice(0, votes).map((voter, replica) => {
    return { replica, signature: seal(statement, replica, voter, chainId).signature };
  });
  return {
    type: 'epochChange',
    certificate: { statement, votes: signed },
    membership: encodeMembership(membership),
    path: provePath(state.tree, stateKeys.membership) ?? [],
  };
}

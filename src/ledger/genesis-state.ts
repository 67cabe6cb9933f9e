import { assert } from '../base/assert.ts';
import { fromHex, toHex } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import { type Digest, digest, isDigest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import { publicKeyBytes } from '../base/signature.ts';
import { isPlotSize } from '../proofs/plot.ts';
import { beaconEpoch, genesisBeacon } from './agreed-clock.ts';
import type { Genesis } from './genesis.ts';
import { limits } from './limits.ts';
import { assertLoadPolicy } from './load.ts';
import { putMembership } from './membership.ts';
import { patternShape } from './operation.ts';
import { LedgerState, stateKeys } from './state.ts';
import { emptyTree, type StateTree } from './state-tree.ts';

export const defaultEvidenceWindowMs = 3_600_000;

/** Covers every field but the note for people. Part of the state, so that no two geneses agree. */
export function genesisDigest(genesis: Genesis): Digest {
  const { requirements } = genesis;
  const writer = new Writer(1024)
    .digest(genesis.chainId)
    .u53(requirements.minimumStake)
    .u53(requirements.maxTimeOffsetMs)
    .u53(requirements.minimumStorageBytes)
    .u8(requirements.minimumComputeBits)
    .text(requirements.workFunction ?? 'sha256')
    .u53(genesis.startMs)
    .u53(genesis.beaconEpochMs)
    .u53(genesis.evidenceWindowMs ?? defaultEvidenceWindowMs)
    .u53(genesis.attestationEpochs ?? 0)
    .u53(genesis.load?.validationsPerEpoch ?? 0)
    .u8(genesis.load?.maxExtraBits ?? 0)
    .u8(genesis.requirePosition === true ? 1 : 0)
    .list(genesis.validators, (w, key) => w.fixed(key))
    .list(genesis.succession?.standbys ?? [], (w, key) => w.fixed(key))
    .u32(genesis.succession?.checkpointInterval ?? 0)
    .u32(genesis.succession?.logWindow ?? 0)
    .list(genesis.accounts, (w, account) => {
      w.fixed(account.nodeId)
        .u53(account.amount)
        .u53(account.free ?? 0);
      w.u53(account.lockedSinceMs).u53(account.lockedUntilMs);
      w.list(account.namePatterns, (inner, pattern) => inner.text(pattern));
    })
    .list(genesis.plots, (w, plot) =>
      w.fixed(plot.nodeId).digest(plot.root).u32(plot.labels).u32(plot.scaleFactor),
    );
  return digest('hypermesh/genesis', writer.finish());
}

/** Throws when the operator's genesis cannot be: it is configuration, not a peer's bytes. */
function checkGenesis(genesis: Genesis): void {
  assert(isDigest(genesis.chainId), 'genesis: chainId is 64 hex');
  assert(genesis.beaconEpochMs >= 1, 'genesis: beaconEpochMs is at least 1');
  assert(genesis.accounts.length <= limits.accounts, `genesis: over ${limits.accounts} accounts`);
  const standbys = genesis.succession?.standbys ?? [];
  const voters = new Set([...genesis.validators, ...standbys].map(toHex));
  const participants = genesis.validators.length + standbys.length;
  assert(participants <= limits.replicas, `genesis: over ${limits.replicas} validators, standbys`);
  assert(voters.size === participants, 'genesis: two validators or standbys with one key');
  if (genesis.load !== undefined) assertLoadPolicy(genesis.load);
  assert(distinct(genesis.accounts), 'genesis: two accounts of one node');
  assert(distinct(genesis.plots), 'genesis: two plots of one node');
  for (const { nodeId, amount, free, namePatterns } of genesis.accounts) {
    assert(nodeId.length === publicKeyBytes, 'genesis: account key is 32 bytes');
    assert(Number.isSafeInteger(amount) && amount >= 0, `genesis: amount ${amount}`);
    assert(Number.isSafeInteger(free ?? 0) && (free ?? 0) >= 0, `genesis: free ${free}`);
    assert(namePatterns.length <= limits.namePatterns, 'genesis: too many name patterns');
    const odd = namePatterns.find((pattern) => !patternShape.test(pattern));
    assert(odd === undefined, `genesis: name pattern ${odd}`);
  }
  for (const { nodeId, root, labels } of genesis.plots) {
    assert(nodeId.length === publicKeyBytes, 'genesis: plot key is 32 bytes');
    assert(fromHex(root)?.length === 32, 'genesis: plot root is 64 hex');
    assert(isPlotSize(labels), `genesis: plot of ${labels} labels`);
  }
}

function distinct(items: readonly { readonly nodeId: Uint8Array }[]): boolean {
  return new Set(items.map(({ nodeId }) => toHex(nodeId))).size === items.length;
}

const states = memo<StateTree>();

/** The state before the first batch; one object for one genesis, however many ledgers begin so. */
export function genesisState(genesis: Genesis): StateTree {
  let tree = states.get(genesis);
  if (tree === undefined) {
    tree = firstState(genesis);
    states.set(genesis, tree);
  }
  return tree;
}

function firstState(genesis: Genesis): StateTree {
  checkGenesis(genesis);
  const state = new LedgerState(emptyTree);
  state.put(stateKeys.genesis, new Writer(32).digest(genesisDigest(genesis)).finish());
  putMembership(state, {
    epoch: 0,
    members: genesis.validators,
    standbys: genesis.succession?.standbys ?? [],
    expelled: [],
    next: null,
  });
  const epoch = beaconEpoch(genesis.startMs, genesis.beaconEpochMs);
  const beacon = genesisBeacon(genesis.chainId, epoch);
  state.clock = { nowMs: genesis.startMs, beacon, previousBeacon: beacon };
  let supply = 0;
  for (const { nodeId, amount, free, ...lock } of genesis.accounts) {
    state.putAccount(nodeId, { status: 'active', locked: amount, free: free ?? 0, ...lock });
    supply += amount + (free ?? 0);
  }
  assert(Number.isSafeInteger(supply), 'genesis: more units than a safe integer counts');
  state.supply = { supply, burned: 0, accounts: genesis.accounts.length };
  for (const { nodeId, root, labels, scaleFactor } of genesis.plots) {
    state.putPlot(nodeId, { root, labels, scaleFactor, attestedEpoch: epoch, position: null });
  }
  return state.tree;
}

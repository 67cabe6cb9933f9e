import { randomBytes } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import type { GenesisAccount } from '../ledger/genesis.ts';
import { profiles } from '../proofs/profiles.ts';
import { type Deployment, parametersOf, servingIntervalMs } from '../scenario/deployment.ts';
import { genesisFor, type ProofDemands, proofDemands } from '../scenario/proof-demands.ts';
import type { ProfileName } from '../scenario/scenario.ts';
import type { GenesisFile } from './genesis-file.ts';

export interface Founding {
  readonly profile: ProfileName;
  /** Whether plots and work are asked for in full whatever that takes. */
  readonly fullProofs: boolean;
  /** Public keys of the voting replicas, then of the standbys. */
  readonly validators: readonly Uint8Array[];
  readonly standbys: readonly Uint8Array[];
  /** TrustChain's node, and whoever else may ask. */
  readonly accounts: readonly FoundingAccount[];
  readonly nowMs: number;
}

export interface FoundingAccount {
  readonly nodeId: Uint8Array;
  readonly namePatterns: readonly string[];
}

/**
 * What a cluster on one machine makes its requesters do at the most: the localhost profile in full.
 * A plot of 1 GiB takes a core minutes and one of 10 GiB hours, so unless full proofs are wanted,
 * plots of the larger profiles declare how many labels each of theirs stands for.
 */
const scaled = { labels: 32_768, computeBits: 14 };
const labelBytes = 32;

const dayMs = 24 * 60 * 60 * 1000;
/** Certificates must end before the stake behind them is free: ten years leave room for both. */
const lockMs = 3650 * dayMs;
/** Times the stake the profile asks for, so that no single slashing ends a requester's business. */
const stakeFactor = 10;

/** A genesis nobody has used before: a random chain id, today's date, accounts with ample stake. */
export function foundCluster(founding: Founding): GenesisFile {
  const { profile, validators, standbys, accounts, nowMs } = founding;
  const demands = founding.fullProofs ? inFull(profile) : proofDemands({ profile }, scaled);
  const calm = { network: { latency: { maxMs: 0 } }, proposalIntervalMs: servingIntervalMs };
  const deployment: Deployment = {
    validators: { chainId: toHex(randomBytes(32)), epoch: 0, publicKeys: validators },
    standbys,
    parameters: parametersOf(calm),
  };
  const { minimumStake } = demands.requirements;
  const held = accounts.map(({ nodeId, namePatterns }): GenesisAccount => {
    const lock = { lockedSinceMs: nowMs - dayMs, lockedUntilMs: nowMs + lockMs };
    return { nodeId, amount: minimumStake * stakeFactor, ...lock, namePatterns };
  });
  const genesis = genesisFor(deployment, demands, held, nowMs);
  return { profile, deployment, genesis, plot: demands.plot };
}

/** The smallest plot that holds what the profile asks, each label standing for itself. */
function inFull(profile: ProfileName): ProofDemands {
  const requirements = profiles[profile];
  const wanted = Math.ceil(requirements.minimumStorageBytes / labelBytes);
  return { requirements, plot: { labels: 2 ** Math.ceil(Math.log2(wanted)), scaleFactor: 1 } };
}

import { utf8 } from '../base/bytes.ts';
import { digest, digestToBytes } from '../base/digest.ts';
import type { SignatureScheme } from '../base/signature.ts';
import type { Succession } from '../ledger/genesis.ts';
import type { Parameters, ValidatorSet } from '../pbft/replica.ts';
import { type LongestDelays, longestLatencyMs } from './link-latency.ts';
import type { Scenario } from './scenario.ts';

/** What follows from a scenario alone: the cluster it describes, before it runs anywhere. */
export interface Deployment {
  readonly validators: ValidatorSet;
  /** Who may be promoted, in the order of it. */
  readonly standbys: readonly Uint8Array[];
  readonly parameters: Parameters;
}

/** Secret of a voting or standby replica's key, 32 bytes. Only for runs: a seed is no secret. */
export function replicaSeed(scenario: Scenario, replica: number): Uint8Array {
  return digestToBytes('hypermesh/replicaKey', utf8(`${scenario.seed}/${replica}`));
}

export function deploymentOf(scenario: Scenario, scheme: SignatureScheme): Deployment {
  const { voting, standby } = scenario.replicas;
  const keys = Array.from({ length: voting + standby }, (_, replica) => {
    return scheme.signer(replicaSeed(scenario, replica)).publicKey;
  });
  const validators = {
    chainId: digest('hypermesh/chain', utf8(`${scenario.name}/${scenario.seed}`)),
    epoch: 0,
    publicKeys: keys.slice(0, voting),
  };
  return { validators, standbys: keys.slice(voting), parameters: parametersOf(scenario) };
}

/** For the ledger's genesis; undefined where nobody stands by. */
export function successionOf({ standbys, parameters }: Deployment): Succession | undefined {
  const { checkpointInterval, logWindow } = parameters;
  return standbys.length === 0 ? undefined : { standbys, checkpointInterval, logWindow };
}

/** What timeouts depend on, how long a frame takes at the most; and the pace that was asked for. */
export interface LinksAndPace {
  readonly network: LongestDelays;
  readonly proposalIntervalMs?: number;
}

/**
 * The pace of clusters that serve: as long as a lone decision takes; busy ones may wait longer.
 * Runs of a scenario have none unless they ask: in so few batches there might be no checkpoint, and
 * no lie about one.
 */
export const servingIntervalMs = 10;

/** Timeouts leave room for the links' own latency; all else is the same everywhere. */
export function parametersOf({ network, proposalIntervalMs = 0 }: LinksAndPace): Parameters {
  const maxMs = longestLatencyMs(network);
  return {
    checkpointInterval: 16,
    logWindow: 64,
    maxBatchOperations: 256,
    maxBatchBytes: 1024 * 1024,
    pipelineDepth: 8,
    proposalIntervalMs,
    // A decision takes some five one-way trips; the rest is for busy machines.
    requestTimeoutMs: Math.max(1500, 20 * maxMs),
    statusIntervalMs: Math.max(200, 4 * maxMs),
    maxClockSkewMs: 5000,
  };
}

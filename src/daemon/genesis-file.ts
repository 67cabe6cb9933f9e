import { z } from 'zod';
import { toHex } from '../base/bytes.ts';
import type { Genesis, GenesisAccount } from '../ledger/genesis.ts';
import { genesisState } from '../ledger/genesis-state.ts';
import { defaultLoadPolicy } from '../ledger/load.ts';
import { patternShape } from '../ledger/operation.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import { isPlotSize } from '../proofs/plot.ts';
import { type Deployment, successionOf } from '../scenario/deployment.ts';
import { minVotingReplicas } from '../scenario/limits.ts';
import { type ProfileName, profileNames } from '../scenario/scenario.ts';
import { orRefuse, type ReadConfig, readConfig, textAt } from './config-file.ts';
import { maxGenesisAccounts } from './limits.ts';
import { DaemonRefusal } from './refusal.ts';

/** What every process of a cluster starts from: no secrets, the same bytes for all. */
export interface GenesisFile {
  readonly profile: ProfileName;
  readonly deployment: Deployment;
  readonly genesis: Genesis;
  /** What a plot must be at the least: labels kept, and how many each stands for. */
  readonly plot: PlotSize;
}

export interface PlotSize {
  readonly labels: number;
  readonly scaleFactor: number;
}

const whole = (minimum: number, maximum: number) => {
  const error = `a whole number from ${minimum} to ${maximum}`;
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
};
const amount = whole(0, Number.MAX_SAFE_INTEGER);
const hash = z.string({ error: '64 lower-case hex digits' }).regex(/^[0-9a-f]{64}$/, {
  error: '64 lower-case hex digits',
});
const publicKeys = z.array(hash).max(protocolLimits.replicas);
const replicas = `${minVotingReplicas} public keys or more`;
const patterns = '1 to 32 of "*", "*.suffix" or an exact name';

const accountSchema = z.strictObject({
  node_id: hash,
  locked: amount,
  free: amount.default(0),
  locked_since_ms: amount,
  locked_until_ms: amount,
  name_patterns: z
    .array(z.string().regex(patternShape, { error: patterns }), { error: patterns })
    .min(1, { error: patterns })
    .max(32, { error: patterns }),
});

const requirementsSchema = z.strictObject({
  minimum_stake: amount,
  max_time_offset_ms: amount,
  minimum_storage_bytes: amount,
  minimum_compute_bits: whole(0, 32),
});

const windowShape = 'a multiple of checkpoint_interval';
const parametersSchema = z
  .strictObject({
    checkpoint_interval: whole(1, protocolLimits.logWindow),
    log_window: whole(1, protocolLimits.logWindow),
    max_batch_operations: whole(1, protocolLimits.batchOperations),
    max_batch_bytes: whole(1, protocolLimits.batchBytes),
    pipeline_depth: whole(1, protocolLimits.logWindow),
    // Clusters that were founded before there was such a thing have none.
    proposal_interval_ms: whole(0, 1000).default(0),
    request_timeout_ms: whole(1, 600_000),
    status_interval_ms: whole(1, 600_000),
    max_clock_skew_ms: whole(1, 600_000),
  })
  .refine((written) => written.log_window % written.checkpoint_interval === 0, {
    path: ['log_window'],
    error: windowShape,
  });

const plotSizes = 'a power of two from 128 to 536870912';
const plotLabels = whole(1, 2 ** 32 - 1).refine(isPlotSize, { error: plotSizes });

const schema = z.strictObject({
  format: z.literal('hypermesh-genesis-1', { error: 'hypermesh-genesis-1' }),
  chain_id: hash,
  profile: z.enum(profileNames, { error: profileNames.join(', ') }),
  start_ms: amount,
  validators: publicKeys.min(minVotingReplicas, { error: replicas }),
  standbys: publicKeys,
  requirements: requirementsSchema,
  plot: z.strictObject({ labels: plotLabels, scale_factor: whole(1, 2 ** 20) }),
  beacon_epoch_ms: whole(1, 86_400_000),
  attestation_epochs: whole(0, 1_000_000),
  load: z.strictObject({
    validations_per_epoch: whole(1, Number.MAX_SAFE_INTEGER),
    max_extra_bits: whole(0, 16),
  }),
  parameters: parametersSchema,
  accounts: z.array(accountSchema).max(maxGenesisAccounts, {
    error: `at most ${maxGenesisAccounts} accounts`,
  }),
});
type Written = z.infer<typeof schema>;

/** The genesis file at `path`; throws {@link DaemonRefusal} that names what is wrong and where. */
export function readGenesisFile(path: string): GenesisFile {
  return orRefuse(parseGenesisFile(path, textAt(path)));
}

export function parseGenesisFile(file: string, text: string): ReadConfig<GenesisFile> {
  const read = readConfig(file, text, schema);
  if (!read.ok) return read;
  const value = fromWritten(read.value);
  try {
    genesisState(value.genesis); // what only the ledger knows to be impossible
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const allowed = 'a genesis that a ledger can begin with';
    const problem = { file, line: 1, column: 1, key: '', found: error.message, allowed };
    return { ok: false, problems: [problem] };
  }
  return { ok: true, value };
}

function fromWritten(written: Written): GenesisFile {
  const { requirements: needs, plot, load, profile } = written;
  const deployment: Deployment = {
    validators: {
      chainId: written.chain_id,
      epoch: 0,
      publicKeys: written.validators.map(bytesOf),
    },
    standbys: written.standbys.map(bytesOf),
    parameters: parametersFrom(written.parameters),
  };
  const succession = successionOf(deployment);
  const genesis: Genesis = {
    chainId: written.chain_id,
    requirements: {
      minimumStake: needs.minimum_stake,
      maxTimeOffsetMs: needs.max_time_offset_ms,
      minimumStorageBytes: needs.minimum_storage_bytes,
      minimumComputeBits: needs.minimum_compute_bits,
    },
    scaleNote: scaleNote(plot.scale_factor),
    validators: deployment.validators.publicKeys,
    ...(succession === undefined ? {} : { succession }),
    accounts: written.accounts.map(
      (account): GenesisAccount => ({
        nodeId: bytesOf(account.node_id),
        amount: account.locked,
        free: account.free,
        lockedSinceMs: account.locked_since_ms,
        lockedUntilMs: account.locked_until_ms,
        namePatterns: account.name_patterns,
      }),
    ),
    plots: [],
    startMs: written.start_ms,
    beaconEpochMs: written.beacon_epoch_ms,
    attestationEpochs: written.attestation_epochs,
    load: {
      validationsPerEpoch: load.validations_per_epoch,
      maxExtraBits: load.max_extra_bits,
    },
  };
  const { labels, scale_factor: scaleFactor } = plot;
  return { profile, deployment, genesis, plot: { labels, scaleFactor } };
}

/** For people: what a plot of this cluster stands for. */
export function scaleNote(scaleFactor: number): string {
  return scaleFactor === 1 ? 'plots in full' : `each label stands for ${scaleFactor}`;
}

/** Every number is written down: a later version's defaults change no running cluster. */
export function formatGenesisFile({ profile, deployment, genesis, plot }: GenesisFile): string {
  const { requirements } = genesis;
  const load = genesis.load ?? defaultLoadPolicy;
  const written: Written = {
    format: 'hypermesh-genesis-1',
    chain_id: genesis.chainId,
    profile,
    start_ms: genesis.startMs,
    validators: deployment.validators.publicKeys.map(toHex),
    standbys: deployment.standbys.map(toHex),
    requirements: {
      minimum_stake: requirements.minimumStake,
      max_time_offset_ms: requirements.maxTimeOffsetMs,
      minimum_storage_bytes: requirements.minimumStorageBytes,
      minimum_compute_bits: requirements.minimumComputeBits,
    },
    plot: { labels: plot.labels, scale_factor: plot.scaleFactor },
    beacon_epoch_ms: genesis.beaconEpochMs,
    attestation_epochs: genesis.attestationEpochs ?? 0,
    load: {
      validations_per_epoch: load.validationsPerEpoch,
      max_extra_bits: load.maxExtraBits,
    },
    parameters: parametersTo(deployment.parameters),
    accounts: genesis.accounts.map((account) => ({
      node_id: toHex(account.nodeId),
      locked: account.amount,
      free: account.free ?? 0,
      locked_since_ms: account.lockedSinceMs,
      locked_until_ms: account.lockedUntilMs,
      name_patterns: [...account.namePatterns],
    })),
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}

type Parameters = Deployment['parameters'];

function parametersFrom(written: Written['parameters']): Parameters {
  return {
    checkpointInterval: written.checkpoint_interval,
    logWindow: written.log_window,
    maxBatchOperations: written.max_batch_operations,
    maxBatchBytes: written.max_batch_bytes,
    pipelineDepth: written.pipeline_depth,
    proposalIntervalMs: written.proposal_interval_ms,
    requestTimeoutMs: written.request_timeout_ms,
    statusIntervalMs: written.status_interval_ms,
    maxClockSkewMs: written.max_clock_skew_ms,
  };
}

function parametersTo(parameters: Parameters): Written['parameters'] {
  return {
    checkpoint_interval: parameters.checkpointInterval,
    log_window: parameters.logWindow,
    max_batch_operations: parameters.maxBatchOperations,
    max_batch_bytes: parameters.maxBatchBytes,
    pipeline_depth: parameters.pipelineDepth,
    proposal_interval_ms: parameters.proposalIntervalMs,
    request_timeout_ms: parameters.requestTimeoutMs,
    status_interval_ms: parameters.statusIntervalMs,
    max_clock_skew_ms: parameters.maxClockSkewMs,
  };
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

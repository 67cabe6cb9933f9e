import type { SignatureScheme } from '../base/signature.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { defaultLoadPolicy } from '../ledger/load.ts';
import { profiles } from '../proofs/profiles.ts';
import type { Requirements } from '../proofs/request.ts';
import { type Deployment, successionOf } from '../scenario/deployment.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { workloadGenesis } from '../workload/identity.ts';
import type { WorkloadParameters } from '../workload/parameters.ts';

const beaconEpochMs = 60_000;
const labelBytes = 32;
/** 1 MiB, the localhost profile in full; larger profiles declare a scale factor. */
const maxLabels = 32_768;
/** The localhost profile in full; more would keep one machine busy for all its clients. */
const maxComputeBits = 14;

/** What the clients of a scenario ask for, in the workload's terms. */
export function workloadParameters(scenario: Scenario): WorkloadParameters {
  const { clients, requests, ratePerSecond, outstanding, invalid } = scenario.workload;
  const requirements = requirementsOf(scenario);
  const wanted = Math.ceil(requirements.minimumStorageBytes / labelBytes);
  const labels = Math.min(maxLabels, wanted);
  const plot = { labels, scaleFactor: Math.ceil(wanted / labels) };
  return { clients, requests, ratePerSecond, outstanding, invalid, requirements, plot };
}

function requirementsOf({ profile }: Scenario): Requirements {
  const requirements = profiles[profile];
  const minimumComputeBits = Math.min(requirements.minimumComputeBits, maxComputeBits);
  return { ...requirements, minimumComputeBits };
}

/** Where the cluster's ledger begins. `startMs`: agreed time before the first batch. */
export function genesisOf(
  scenario: Scenario,
  deployment: Deployment,
  scheme: SignatureScheme,
  startMs: number,
): Genesis {
  const { clients, requirements, plot } = workloadParameters(scenario);
  const succession = successionOf(deployment);
  const { accounts } = workloadGenesis({ clients, requirements }, scenario.seed, scheme, startMs);
  const { scaleFactor } = plot;
  return {
    chainId: deployment.validators.chainId,
    requirements,
    scaleNote: scaleFactor === 1 ? 'plots in full' : `each label stands for ${scaleFactor}`,
    validators: deployment.validators.publicKeys,
    ...(succession === undefined ? {} : { succession }),
    accounts,
    plots: [],
    startMs,
    beaconEpochMs,
    attestationEpochs: 2,
    load: defaultLoadPolicy,
  };
}

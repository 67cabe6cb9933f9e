import type { Genesis, GenesisAccount } from '../ledger/genesis.ts';
import { defaultLoadPolicy } from '../ledger/load.ts';
import { profiles } from '../proofs/profiles.ts';
import type { Requirements } from '../proofs/request.ts';
import { type Deployment, successionOf } from './deployment.ts';
import type { Scenario } from './scenario.ts';

const labelBytes = 32;
/** The largest scale factor a plot may declare. */
const maxScaleFactor = 2 ** 20;
const beaconEpochMs = 60_000;

/** The most that a world makes its clients do; what the profile asks beyond it is scaled. */
export interface ProofScale {
  /** Labels of a plot, 32 bytes each; the plot declares how many each stands for. */
  readonly labels: number;
  readonly computeBits: number;
}

/** What a scenario's clients must prove, in one world. */
export interface ProofDemands {
  readonly requirements: Requirements;
  readonly plot: { readonly labels: number; readonly scaleFactor: number };
}

/** The scenario's profile, scaled down to what `scale` allows. */
export function proofDemands(
  { profile }: Pick<Scenario, 'profile'>,
  scale: ProofScale,
): ProofDemands {
  const full = profiles[profile];
  const wanted = Math.ceil(full.minimumStorageBytes / labelBytes);
  let labels = Math.min(scale.labels, wanted);
  while (wanted / labels > maxScaleFactor) labels *= 2;
  const minimumComputeBits = Math.min(full.minimumComputeBits, scale.computeBits);
  return {
    requirements: { ...full, minimumComputeBits },
    plot: { labels, scaleFactor: Math.ceil(wanted / labels) },
  };
}

/** Where the ledger of a run begins. `startMs`: agreed time before the first batch. */
export function genesisFor(
  deployment: Deployment,
  { requirements, plot }: ProofDemands,
  accounts: readonly GenesisAccount[],
  startMs: number,
): Genesis {
  const succession = successionOf(deployment);
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

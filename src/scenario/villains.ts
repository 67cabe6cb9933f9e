import { cast, type Role } from '../adversaries/cast.ts';
import type { AdversaryKit } from '../adversaries/kit.ts';
import { Random } from '../base/random.ts';
import type { SignatureScheme, Signer } from '../base/signature.ts';
import { createReplica } from '../pbft/create.ts';
import { voteVerifier } from '../pbft/envelope.ts';
import type { Behaviour } from '../pbft/replica.ts';
import type { Deployment } from './deployment.ts';
import type { Scenario } from './scenario.ts';

export interface VillainOptions {
  readonly scenario: Scenario;
  readonly deployment: Deployment;
  readonly replica: number;
  readonly signer: Signer;
  readonly scheme: SignatureScheme;
  /** Start of the run on the replica's own clock, milliseconds since 1970. */
  readonly startMs: number;
}

/** Replicas that a scenario makes faulty, ascending; all others are correct. */
export function adversariesOf(scenario: Scenario): readonly number[] {
  const replicas = scenario.adversaries.flatMap((adversary) => adversary.replicas);
  return [...new Set(replicas)].toSorted((a, b) => a - b);
}

/** What the scenario makes of this replica, null when it is honest throughout. */
export function villainOf(options: VillainOptions): Behaviour | null {
  const { scenario, replica, startMs } = options;
  let roles = 0;
  const makeKit = (_role: Role, conspirators: readonly number[]) =>
    kitFor(options, roles++, conspirators);
  return cast(scenario.adversaries, replica, makeKit, startMs);
}

function kitFor(
  options: VillainOptions,
  role: number,
  conspirators: readonly number[],
): AdversaryKit {
  const { scenario, deployment, replica, signer, scheme } = options;
  const { validators, parameters } = deployment;
  const verify = voteVerifier(scheme, validators);
  return {
    index: replica,
    n: validators.publicKeys.length,
    chainId: validators.chainId,
    epoch: validators.epoch,
    signer,
    parameters,
    random: new Random(`${scenario.seed}/adversary-${replica}/${role}`),
    conspirators,
    planSeed: `${scenario.seed}/plan`,
    spawnTwin: () => createReplica({ index: replica, validators, signer, verify, parameters }),
  };
}

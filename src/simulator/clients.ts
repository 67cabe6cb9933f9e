import { Random } from '../base/random.ts';
import type { SignatureScheme } from '../base/signature.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { profiles } from '../proofs/profiles.ts';
import type { Requirements } from '../proofs/request.ts';
import type { Validator } from '../runtime/validator.ts';
import type { Deployment } from '../scenario/deployment.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type Issuer, makeRoot } from '../trustchain/issuer.ts';
import { signingKeyFromSeed } from '../trustchain/keys.ts';
import { localhostRetryPolicy, type RetryPolicy } from '../validation/retry-policy.ts';
import { clientAddress, clientValidators } from '../workload/client-links.ts';
import { workloadGenesis } from '../workload/identity.ts';
import type { WorkloadParameters } from '../workload/parameters.ts';
import type { WorkloadEvent } from '../workload/records.ts';
import { startWorkload, type Workload } from '../workload/workload.ts';
import { startMs, type World } from './world.ts';

const beaconEpochMs = 60_000;
const labelBytes = 32;

/**
 * Proofs scaled for virtual time, where a client's work is done in no time but the simulator's is
 * real: small plots that declare a scale factor, and fewer bits of work. All else is the profile's.
 */
const scales = {
  ed25519: { labels: 512, computeBits: 10 },
  ideal: { labels: 128, computeBits: 4 },
} as const;

/** What the clients of a scenario ask for, in the workload's terms. */
export function workloadParameters(scenario: Scenario): WorkloadParameters {
  const { clients, requests, ratePerSecond, outstanding, invalid } = scenario.workload;
  const requirements = requirementsOf(scenario);
  let { labels }: { labels: number } = scales[scenario.signatures];
  while (requirements.minimumStorageBytes / (labels * labelBytes) > 2 ** 20) labels *= 2;
  const scaleFactor = Math.ceil(requirements.minimumStorageBytes / (labels * labelBytes));
  const plot = { labels, scaleFactor };
  return { clients, requests, ratePerSecond, outstanding, invalid, requirements, plot };
}

function requirementsOf({ profile, signatures }: Scenario): Requirements {
  const { computeBits } = scales[signatures];
  const requirements = profiles[profile];
  const minimumComputeBits = Math.min(requirements.minimumComputeBits, computeBits);
  return { ...requirements, minimumComputeBits };
}

export function genesisOf(
  scenario: Scenario,
  deployment: Deployment,
  scheme: SignatureScheme,
): Genesis {
  const { clients, requirements, plot } = workloadParameters(scenario);
  const { accounts } = workloadGenesis({ clients, requirements }, scenario.seed, scheme, startMs);
  return {
    chainId: deployment.validators.chainId,
    requirements,
    scaleNote: `simulated: plots of ${plot.labels} labels stand for ${plot.scaleFactor} times that`,
    validators: deployment.validators.publicKeys,
    accounts,
    plots: [],
    startMs,
    beaconEpochMs,
  };
}

/** Clients ask again as long as a run may last. */
const policy: RetryPolicy = { ...localhostRetryPolicy, maxInFlight: 65_536 };

/** Starts the scenario's clients in `world`; every certified answer is shown to its panel. */
export function startClients(
  scenario: Scenario,
  world: World,
  onEvent: (event: WorkloadEvent) => void,
): Workload {
  const { seed } = scenario;
  const { scheme, verify, deployment } = world;
  const { validators } = deployment;
  const parameters = workloadParameters(scenario);
  const ports = world.client(clientAddress(0), 0);
  const links = clientValidators({
    clients: parameters.clients,
    seed,
    network: (client) => world.client(clientAddress(client), client).network,
    timers: ports.timers,
    validators,
    verify,
    policy,
  });
  const judged = links.map((link) => judgedValidator(link, world));
  return startWorkload(parameters, {
    seed,
    validators,
    scheme,
    verify,
    validator: (client) => judged[client] as Validator,
    issuer: issuerOf(scenario),
    clock: ports.clock,
    timers: ports.timers,
    inSlices: false,
    onEvent,
  });
}

function judgedValidator(validator: Validator, world: World): Validator {
  return {
    submit: (operation, done) => {
      validator.submit(operation, (outcome) => {
        if (outcome.type === 'certified') {
          const { certified } = outcome;
          world.acknowledged({ operation, requestDigest: requestDigest(operation), certified });
        }
        done(outcome);
      });
    },
  };
}

function issuerOf({ seed }: Scenario): Issuer {
  const random = new Random(`${seed}/issuer`);
  const key = signingKeyFromSeed(random.bytes(32));
  return makeRoot({ key, nowMs: startMs, chance: (sizeBytes) => random.bytes(sizeBytes) });
}

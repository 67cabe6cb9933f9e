import { Random } from '../base/random.ts';
import type { SignatureScheme } from '../base/signature.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { solveAtOnce } from '../runtime/solve-work.ts';
import type { Validator } from '../runtime/validator.ts';
import type { Deployment } from '../scenario/deployment.ts';
import { genesisFor, type ProofScale, proofDemands } from '../scenario/proof-demands.ts';
import type { Artefacts } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { defaultExtensionOid } from '../trustchain/consensus-extension.ts';
import { type Issuer, makeIssuer } from '../trustchain/issuer.ts';
import { signingKeyFromSeed } from '../trustchain/keys.ts';
import { type LogKey, logKey } from '../trustchain/log/log-key.ts';
import { MemoryLogStorage } from '../trustchain/log/storage.ts';
import { TransparencyLog } from '../trustchain/log/transparency-log.ts';
import { formatValidatorsFile } from '../trustchain/validators-file.ts';
import { localhostRetryPolicy, type RetryPolicy } from '../validation/retry-policy.ts';
import { clientAddress, clientValidators } from '../workload/client-links.ts';
import type { HostileClients } from '../workload/hostile/hostile-clients.ts';
import { workloadGenesis } from '../workload/identity.ts';
import type { WorkloadParameters } from '../workload/parameters.ts';
import type { WorkloadEvent } from '../workload/records.ts';
import { startWorkload, type Workload } from '../workload/workload.ts';
import { makeOperators, startHostileClients } from './hostile-clients.ts';
import { judgedValidator } from './judged-validator.ts';
import { type Clients, NopClients } from './nop-clients.ts';
import { startMs, type World } from './world.ts';

/**
 * Proofs scaled for virtual time, where a client's work is done in no time but the simulator's is
 * real: small plots that declare a scale factor, and fewer bits of work. All else is the profile's.
 */
const scales: Readonly<Record<Scenario['signatures'], ProofScale>> = {
  ed25519: { labels: 512, computeBits: 10 },
  ideal: { labels: 128, computeBits: 4 },
};

/** What the clients of a scenario ask for, in the workload's terms. */
export function workloadParameters(scenario: Scenario): WorkloadParameters {
  const { kind: _, ...asked } = scenario.workload;
  const demands = proofDemands(scenario, scales[scenario.signatures]);
  return { ...asked, ...demands };
}

export function genesisOf(
  scenario: Scenario,
  deployment: Deployment,
  scheme: SignatureScheme,
): Genesis {
  const hostile = scenario.hostileClients?.length ?? 0;
  const people = { ...workloadParameters(scenario), hostile };
  const { accounts } = workloadGenesis(people, scenario.seed, scheme, startMs);
  const demands = proofDemands(scenario, scales[scenario.signatures]);
  return genesisFor(deployment, demands, accounts, startMs);
}

/** Clients ask again as long as a run may last. */
const policy: RetryPolicy = { ...localhostRetryPolicy, maxInFlight: 65_536 };

/** The clients of a run and what it leaves for `--out`. */
export interface RunningClients {
  readonly clients: Clients;
  /** Null: no client means harm. */
  readonly hostile: HostileClients | null;
  /** Made when asked for: nobody needs the files of an exploration's runs. */
  readonly artefacts: () => Artefacts;
}

/** Starts the scenario's clients in `world`; every certified answer is shown to its panel. */
export function startClients(
  scenario: Scenario,
  world: World,
  onEvent: (event: WorkloadEvent) => void,
): RunningClients {
  const { seed, workload } = scenario;
  const { epochs, deployment } = world;
  const { validators, standbys } = deployment;
  const { timers, clock } = world.client(clientAddress(0), 0);
  const links = clientValidators({
    clients: workload.clients,
    seed,
    network: (client) => world.client(clientAddress(client), client).network,
    timers,
    epochs,
    standbys,
    policy,
  });
  const judged = links.map((link) => judgedValidator(link, world));
  const parameters = workloadParameters(scenario);
  const hostile = startHostileClients(scenario, world, parameters, policy);
  if (scenario.timeline.some(({ type }) => type === 'readmit')) {
    world.operators = makeOperators(scenario, world, policy);
  }
  if (workload.kind === 'nops') {
    const nowMs = (): number => clock.nowMs();
    const clients = new NopClients({ workload, validators: judged, timers, nowMs, onEvent });
    return { clients, hostile, artefacts: () => bareArtefacts(scenario, world) };
  }
  const issuer = issuerOf(scenario);
  const log = new TransparencyLog(logKeyOf(scenario), new MemoryLogStorage(), clock);
  const answering = { log, issuerChain: [issuer.certificate.der, issuer.root.der] };
  const clients = startWorkload(parameters, {
    seed,
    validators,
    scheme: world.scheme,
    verify: epochs.firstEpoch.verify,
    epochs,
    validator: (client) => judged[client] as Validator,
    issuer,
    log,
    clock,
    timers,
    solveWork: solveAtOnce,
    onEvent: (event) => {
      if (event.type === 'answered' && event.certificate !== null) {
        const { certificate, certified } = event;
        const recorded = clients.certificate(certificate.serial) === certificate;
        const extensionOid = defaultExtensionOid;
        world.issued({ certificate, certified, answering, extensionOid, recorded });
      }
      onEvent(event);
    },
  });
  return { clients, hostile, artefacts: () => artefactsOf(clients) };
}

function artefactsOf(workload: Workload): Artefacts {
  const { caPem, validatorsJson } = workload;
  const certificates = workload
    .certificates()
    .map(({ serial, pem, proofJson }) => ({ serial, pem, proofJson }));
  return { caPem, validatorsJson, certificates };
}

/** Nobody asked for certificates; authority and validators exist all the same. */
function bareArtefacts(scenario: Scenario, world: World): Artefacts {
  const issuer = issuerOf(scenario);
  const validatorsJson = formatValidatorsFile({
    validators: world.deployment.validators,
    scheme: world.scheme.name,
    extensionOid: defaultExtensionOid,
    issuerPublicKey: issuer.key.publicKey,
    logPublicKey: logKeyOf(scenario).publicKey,
  });
  return { caPem: issuer.pem, validatorsJson, certificates: [] };
}

function issuerOf({ seed }: Scenario): Issuer {
  const random = new Random(`${seed}/issuer`);
  return makeIssuer({ nowMs: startMs, chance: (sizeBytes) => random.bytes(sizeBytes) });
}

function logKeyOf({ seed }: Scenario): LogKey {
  return logKey(signingKeyFromSeed(new Random(`${seed}/log`).bytes(32)));
}

import { maxFaulty } from '../pbft/quorum.ts';
import { replicaAddress } from '../runtime/ports.ts';
import { solveAtOnce } from '../runtime/solve-work.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { hostileName } from '../scenario/summary.ts';
import { ValidationClient } from '../validation/client.ts';
import type { RetryPolicy } from '../validation/retry-policy.ts';
import { HostileClients } from '../workload/hostile/hostile-clients.ts';
import { clientRandom } from '../workload/identity.ts';
import { Operators } from '../workload/operators.ts';
import type { WorkloadParameters } from '../workload/parameters.ts';
import { judgedValidator } from './judged-validator.ts';
import type { ClientPorts, World } from './world.ts';

/** The clients of a scenario that mean harm, over links of their own; null: it has none. */
export function startHostileClients(
  scenario: Scenario,
  world: World,
  { requirements, plot }: WorkloadParameters,
  policy: RetryPolicy,
): HostileClients | null {
  const { hostileClients = [], seed, workload } = scenario;
  if (hostileClients.length === 0) return null;
  const firstClient = workload.clients;
  const { validators } = world.deployment;
  const ports = hostileClients.map((_, client) =>
    world.client(hostileName(client), firstClient + client),
  );
  const links = ports.map((port, client) => {
    return validatorOver(port, world, policy, `${seed}`, firstClient + client);
  });
  const portOf = (client: number) => ports[client] as ClientPorts;
  const { clock, timers } = portOf(0);
  const hostile = new HostileClients(hostileClients, {
    seed,
    chainId: validators.chainId,
    scheme: world.scheme,
    firstClient,
    requirements,
    plot,
    replicas: validators.publicKeys.map((_, index) => replicaAddress(index)),
    f: maxFaulty(validators.publicKeys.length),
    validator: (client) => judgedValidator(links[client] as ValidationClient, world),
    link: (client) => {
      const { network } = portOf(client);
      return {
        send: (to, frame) => network.send(to, frame),
        // Below frames there is nothing here: what came of it arrives as a frame of its own.
        sendHalf: (to, frame) => network.send(to, frame.subarray(0, frame.length >> 1)),
      };
    },
    clock,
    timers,
    solveWork: solveAtOnce,
    onAnswer: () => undefined, // the judged validator showed it to the panel
    onWrong: (detail) => world.wrong(detail),
  });
  hostile.start();
  return hostile;
}

/** Who takes isolated replicas back in this run. */
export function makeOperators(scenario: Scenario, world: World, policy: RetryPolicy): Operators {
  const { workload, hostileClients = [], seed } = scenario;
  const number = workload.clients + hostileClients.length;
  const port = world.client('operators', number);
  return new Operators({
    askVotes: (process, done) => {
      done(world.hosts.flatMap((host) => host.voteForReadmission(process) ?? []));
    },
    n: () => world.epochs.current.validators.publicKeys.length,
    validator: judgedValidator(validatorOver(port, world, policy, `${seed}`, number), world),
    timers: port.timers,
  });
}

function validatorOver(
  { network, timers }: ClientPorts,
  { epochs, deployment }: World,
  policy: RetryPolicy,
  seed: string,
  number: number,
): ValidationClient {
  const random = clientRandom(seed, number).fork('retries');
  const { standbys } = deployment;
  return new ValidationClient({ network, timers, random, epochs, standbys, policy });
}

import { ed25519 } from '../base/signature.ts';
import { maxFaulty } from '../pbft/quorum.ts';
import { type Address, type Network, replicaAddress } from '../runtime/ports.ts';
import type { SolveWork } from '../runtime/solve-work.ts';
import { SystemClock } from '../runtime/system-clock.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import type { Validator } from '../runtime/validator.ts';
import type { Deployment } from '../scenario/deployment.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { HostileClients } from '../workload/hostile/hostile-clients.ts';
import { OnceWatch } from '../workload/hostile/once-watch.ts';
import { clientRandom } from '../workload/identity.ts';
import { HalfSender } from './half-sender.ts';
import { workloadParameters } from './workload-parameters.ts';

/** What the clients of a run have of each hostile one: its link, and an honest way over it. */
export interface HostileSeat {
  readonly network: Network;
  readonly validator: Validator;
}

/** Secret of the key under which hostile client `client` begins frames that it never ends. */
export function halfKeySeed({ seed, workload }: Scenario, client: number): Uint8Array {
  return clientRandom(seed, workload.clients + client)
    .fork('half key')
    .bytes(32);
}

/** The hostile clients of a run on real processes. */
export class HostileSeats {
  private readonly scenario: Scenario;
  private readonly deployment: Deployment;
  private readonly whereIs: (replica: Address) => string | null;
  private readonly halves: readonly HalfSender[];
  private readonly once = new OnceWatch();
  private clients: HostileClients | null = null;

  /** `whereIs`: where a replica listens now. */
  constructor(
    scenario: Scenario,
    deployment: Deployment,
    whereIs: (replica: Address) => string | null,
  ) {
    this.scenario = scenario;
    this.deployment = deployment;
    this.whereIs = whereIs;
    const { publicKeys } = deployment.validators;
    const keyOf = new Map(publicKeys.map((key, index) => [replicaAddress(index), key]));
    this.halves = (scenario.hostileClients ?? []).map((_, client) => {
      return new HalfSender(halfKeySeed(scenario, client), (replica) => {
        return { publicKey: keyOf.get(replica) as Uint8Array, multiaddr: this.whereIs(replica) };
      });
    });
  }

  get running(): HostileClients | null {
    return this.clients;
  }

  async connect(): Promise<void> {
    await Promise.all(this.halves.map((half) => half.start()));
  }

  /** `onWrong` hears what the cluster must not have done, `onProgress` when less is left to do. */
  start(
    seats: readonly HostileSeat[],
    solveWork: SolveWork,
    onWrong: (checker: string, detail: string) => void,
    onProgress: () => void,
  ): void {
    const { scenario, deployment } = this;
    const { hostileClients = [], workload, seed } = scenario;
    if (hostileClients.length === 0) return;
    const { requirements, plot } = workloadParameters(scenario);
    const { publicKeys, chainId } = deployment.validators;
    this.clients = new HostileClients(hostileClients, {
      seed,
      chainId,
      scheme: ed25519,
      firstClient: workload.clients,
      requirements,
      plot,
      replicas: publicKeys.map((_, index) => replicaAddress(index)),
      f: maxFaulty(publicKeys.length),
      validator: (client) => seats[client]!.validator,
      link: (client) => ({
        send: (to, frame) => seats[client]!.network.send(to, frame),
        sendHalf: (to, frame) => this.halves[client]!.sendHalf(to, frame),
      }),
      clock: new SystemClock(),
      timers: systemTimers,
      solveWork,
      onAnswer: (operation, { answer }) => {
        const wrong = this.once.see(operation, answer.result);
        if (wrong !== null) onWrong('once', wrong);
      },
      onWrong: (detail) => onWrong('hostileClient', detail),
      onProgress,
    });
    this.clients.start();
  }

  async stop(): Promise<void> {
    this.clients?.stop();
    await Promise.all(this.halves.map((half) => half.stop()));
  }
}

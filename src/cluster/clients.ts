import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Random } from '../base/random.ts';
import { ed25519 } from '../base/signature.ts';
import { EpochChain } from '../ledger/epoch-chain.ts';
import type { ReadmissionVote } from '../node/readmission.ts';
import { voteVerifier } from '../pbft/envelope.ts';
import { FaultyNetwork } from '../runtime/faulty-network.ts';
import { Libp2pNetwork, strangerAddress } from '../runtime/libp2p-network.ts';
import { peerIdOf } from '../runtime/peer-identity.ts';
import { type Address, type Network, replicaAddress } from '../runtime/ports.ts';
import { monotonicClock, SystemClock } from '../runtime/system-clock.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import { type Tap, TappedNetwork } from '../runtime/tapped-network.ts';
import { WorkSolvers } from '../runtime/work-solvers.ts';
import type { Deployment } from '../scenario/deployment.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { hostileName } from '../scenario/summary.ts';
import { makeIssuer } from '../trustchain/issuer.ts';
import { generateSigningKey } from '../trustchain/keys.ts';
import { logKey } from '../trustchain/log/log-key.ts';
import { MemoryLogStorage } from '../trustchain/log/storage.ts';
import { TransparencyLog } from '../trustchain/log/transparency-log.ts';
import type { ValidationClient } from '../validation/client.ts';
import { rememberVotes } from '../validation/remembered-votes.ts';
import { localhostRetryPolicy, type RetryPolicy } from '../validation/retry-policy.ts';
import { clientAddress, clientValidators } from '../workload/client-links.ts';
import { clientKeySeed } from '../workload/identity.ts';
import { Operators } from '../workload/operators.ts';
import type { WorkloadEvent } from '../workload/records.ts';
import { startWorkload, type Workload } from '../workload/workload.ts';
import { HostileSeats, halfKeySeed } from './hostile-clients.ts';
import { clientConnectTimeoutMs } from './limits.ts';
import { linkFaultsOf } from './link-faults.ts';
import { addCounters, type LinkCounters, noCounters } from './protocol.ts';
import { workloadParameters } from './workload-parameters.ts';

/** A closed loop may have a whole scenario's requests in flight. */
const policy: RetryPolicy = { ...localhostRetryPolicy, maxInFlight: 65_536 };
const connectedPollMs = 10;

/** Who hears of what clients do. */
export interface ClientsListener {
  readonly onEvent: (event: WorkloadEvent) => void;
  /** The cluster did to a hostile client what it must not. */
  readonly onWrong: (checker: string, detail: string) => void;
  /** Something came to its end: the run may be over. */
  readonly onProgress: () => void;
  /** What the nodes that are up sign for taking a process back. */
  readonly votesForReadmission: (process: number) => Promise<readonly ReadmissionVote[]>;
}

interface Link {
  readonly libp2p: Libp2pNetwork;
  readonly network: FaultyNetwork;
}

/** The TrustChain clients of a run: in this process, each with a libp2p host of its own. */
export class Clients {
  private readonly scenario: Scenario;
  private readonly deployment: Deployment;
  private readonly tapOf: ((client: Address) => Tap) | null;
  /** Who is behind each link, as traces name them. */
  private readonly linkNames: readonly Address[];
  private readonly links: readonly Link[];
  private readonly solvers = new WorkSolvers({
    threads: Math.max(1, Math.floor(availableParallelism() / 2)),
    onFailure: (error) => process.emitWarning(error),
  });
  readonly hostile: HostileSeats;
  /** Who takes isolated replicas back. */
  operators: Operators | null = null;
  private readonly places = new Map<Address, string>();
  private running: Workload | null = null;
  private validators: readonly ValidationClient[] = [];

  /** `tapOf`: who looks on at the link of each client; null: nobody. */
  constructor(
    scenario: Scenario,
    deployment: Deployment,
    tapOf: ((client: Address) => Tap) | null = null,
  ) {
    this.scenario = scenario;
    this.deployment = deployment;
    this.tapOf = tapOf;
    this.linkNames = linkNamesOf(scenario);
    this.links = this.linkNames.map((_, client) => this.makeLink(client));
    const whereIs = (replica: Address) => this.places.get(replica) ?? null;
    this.hostile = new HostileSeats(scenario, deployment, whereIs);
  }

  /** Links every client to every replica that is up, within a bounded time. */
  async connect(replicas: ReadonlyMap<Address, string>, signal?: AbortSignal): Promise<void> {
    await this.hostile.connect();
    await Promise.all(this.links.map(({ libp2p }) => libp2p.start()));
    for (const [address, where] of replicas) this.moved(address, where);
    const deadlineMs = monotonicClock.nowMs() + clientConnectTimeoutMs;
    const linked = () => this.links.every(({ libp2p }) => linkedTo(libp2p) >= replicas.size);
    while (!linked() && monotonicClock.nowMs() < deadlineMs && !signal?.aborted) {
      await new Promise((resolve) => setTimeout(resolve, connectedPollMs));
    }
  }

  /** A replica listens at another place than before. */
  moved(address: Address, where: string): void {
    this.places.set(address, where);
    for (const { libp2p } of this.links) libp2p.setMultiaddr(address, where);
  }

  /** Begins to ask, and to do harm where the scenario says so. */
  start(listener: ClientsListener): Workload {
    const { onEvent, onWrong, onProgress } = listener;
    const { seed, workload, hostileClients = [] } = this.scenario;
    const { validators, standbys } = this.deployment;
    // One for all clients: what one of them was shown and checked, the others know.
    const epochs = new EpochChain(validators, (set) => rememberVotes(voteVerifier(ed25519, set)));
    const clock = new SystemClock();
    // The CA's key and its serials are real secrets, though all else follows from the seed.
    const chance = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes));
    const issuer = makeIssuer({ nowMs: clock.nowMs(), chance });
    const key = logKey(generateSigningKey(chance));
    const log = new TransparencyLog(key, new MemoryLogStorage(), clock);
    this.validators = clientValidators({
      clients: this.links.length,
      seed,
      network: (client) => this.portOf(client),
      timers: systemTimers,
      epochs,
      standbys,
      policy,
    });
    this.hostile.start(
      hostileClients.map((_, client) => {
        const link = workload.clients + client;
        return { network: this.links[link]!.network, validator: this.validators[link]! };
      }),
      this.solvers.solve,
      onWrong,
      onProgress,
    );
    this.operators = new Operators({
      askVotes: (process, done) => {
        listener.votesForReadmission(process).then(done, () => done([]));
      },
      n: () => epochs.current.validators.publicKeys.length,
      // Over the last link: the operators' own, where the scenario needs them.
      validator: this.validators.at(-1)!,
      timers: systemTimers,
    });
    this.running = startWorkload(workloadParameters(this.scenario), {
      seed,
      validators,
      scheme: ed25519,
      verify: epochs.firstEpoch.verify,
      epochs,
      validator: (client) => this.validators[client]!,
      issuer,
      log,
      chance,
      clock,
      timers: systemTimers,
      solveWork: this.solvers.solve,
      onEvent,
      onDone: onProgress,
    });
    return this.running;
  }

  /** Clients by the address under which replicas know them, who see but their keys. */
  get names(): ReadonlyMap<Address, Address> {
    const { seed, hostileClients = [] } = this.scenario;
    const addressOf = (secret: Uint8Array) => {
      return strangerAddress(peerIdOf(ed25519.signer(secret).publicKey));
    };
    const own = this.linkNames.map((name, client) => {
      return [addressOf(clientKeySeed(seed, client)), name] as const;
    });
    const halves = hostileClients.map((_, client) => {
      return [addressOf(halfKeySeed(this.scenario, client)), hostileName(client)] as const;
    });
    return new Map([...own, ...halves]);
  }

  get counters(): LinkCounters {
    return this.links
      .map(({ libp2p: { statistics }, network }) => {
        return { ...statistics, dropped: statistics.dropped + network.dropped };
      })
      .reduce(addCounters, noCounters);
  }

  async stop(): Promise<void> {
    this.running?.stop();
    for (const validator of this.validators) validator.stop();
    this.solvers.stop();
    await this.hostile.stop();
    for (const { network } of this.links) network.stop();
    await Promise.all(this.links.map(({ libp2p }) => libp2p.stop()));
  }

  private portOf(client: number): Network {
    const { network } = this.links[client]!;
    if (this.tapOf === null) return network;
    return new TappedNetwork(network, this.tapOf(this.linkNames[client]!));
  }

  private makeLink(client: number): Link {
    const { scenario, deployment } = this;
    const libp2p = new Libp2pNetwork({
      seed: clientKeySeed(scenario.seed, client),
      listen: null,
      peers: [...deployment.validators.publicKeys, ...deployment.standbys].map(
        (publicKey, replica) => {
          return { address: replicaAddress(replica), publicKey, multiaddr: null };
        },
      ),
    });
    const network = new FaultyNetwork(libp2p, {
      clock: monotonicClock,
      timers: systemTimers,
      random: new Random(`${scenario.seed}/links-of-client-${client}`),
    });
    network.setFaults(linkFaultsOf(scenario, null));
    return { libp2p, network };
  }
}

/** Clients of the workload, then those that mean harm, and one for who operates the nodes. */
function linkNamesOf({ workload, hostileClients = [], timeline }: Scenario): readonly Address[] {
  const honest = Array.from({ length: workload.clients }, (_, client) => clientAddress(client));
  const hostile = hostileClients.map((_, client) => hostileName(client));
  const isOperated = timeline.some(({ type }) => type === 'readmit');
  return [...honest, ...hostile, ...(isOperated ? ['operators'] : [])];
}

function linkedTo(libp2p: Libp2pNetwork): number {
  return libp2p.peers.filter(({ connected }) => connected).length;
}

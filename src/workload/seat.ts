import { CertificateAuthority } from '../trustchain/authority.ts';
import { Applicant } from './applicant.ts';
import { clientIdentity, clientRandom } from './identity.ts';
import type { WorkloadParameters } from './parameters.ts';
import { plotOf } from './plots.ts';
import { Queue } from './queue.ts';
import type { WorkloadWorld } from './world.ts';

/** One client with its way to the CA and its requests. */
export interface Seat {
  readonly client: number;
  readonly applicant: Applicant;
  readonly authority: CertificateAuthority;
  /** Due requests, none of them asked yet. */
  readonly queue: Queue;
  /** Requests of this client that are not due yet. */
  expected: number;
  inFlight: number;
  /** Why nothing more is asked; null while all is well. */
  closed: string | null;
  /** In the loop that empties the queue: an answer that comes at once must not enter it again. */
  serving: boolean;
}

export function makeSeat(
  client: number,
  expected: number,
  parameters: WorkloadParameters,
  world: WorkloadWorld,
  onRetry: (name: string, reason: string) => void,
): Seat {
  const { seed, issuer, log, validators, scheme, verify, clock, timers, solveWork } = world;
  const { requirements, plot, requestBatch = 1 } = parameters;
  const random = clientRandom(seed, client);
  const serials = random.fork('serials');
  const validator = world.validator(client);
  const authority = new CertificateAuthority({
    issuer,
    log,
    validators,
    ...(world.epochs && { epochs: world.epochs }),
    scheme: scheme.name,
    verify,
    validator,
    clock,
    chance: world.chance ?? ((sizeBytes) => serials.bytes(sizeBytes)),
  });
  const identity = clientIdentity(seed, client, requirements, scheme);
  const applicant = new Applicant({
    identity,
    chainId: validators.chainId,
    requirements,
    requestBatch,
    plot: () => plotOf(identity.signer.publicKey, plot.labels, plot.scaleFactor),
    authority,
    validator,
    clock,
    timers,
    random,
    solveWork,
    onRetry,
  });
  return {
    client,
    applicant,
    authority,
    queue: new Queue(),
    expected,
    inFlight: 0,
    closed: null,
    serving: false,
  };
}

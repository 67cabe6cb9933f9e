import type { Digest } from '../base/digest.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { KeptRequest } from './answer-store.ts';
import type { ServiceOutcome, Submission } from './service-types.ts';

export type Done = (outcome: ServiceOutcome) => void;

export interface Waiter {
  readonly done: Done;
  readonly cancelDeadline: () => void;
}

/** One operation on its way to a decision, and who waits for it. */
export interface Flight {
  readonly key: string;
  readonly submission: Pick<Submission, 'requestId' | 'bodyDigest' | 'operation' | 'asked'>;
  readonly authentic: boolean;
  readonly digest: Digest;
  /** Milliseconds since 1970. */
  readonly takenAtMs: number;
  /** By a clock that is never set back; the second once the replicas were asked. */
  readonly arrivedMs: number;
  startedMs: number | null;
  readonly waiters: Set<Waiter>;
  /** It is on disk that this was taken. */
  kept: boolean;
}

/** Names a flight. Ids have no space in them: the forged cannot stand in a signed one's way. */
export function flightKey(
  submission: Pick<Submission, 'requestId' | 'operation'>,
  authentic: boolean,
): string {
  return authentic ? submission.requestId : `forged ${requestDigest(submission.operation)}`;
}

export function makeFlight(
  submission: Flight['submission'],
  about: Pick<Flight, 'authentic' | 'takenAtMs' | 'arrivedMs' | 'kept'>,
): Flight {
  return {
    ...about,
    key: flightKey(submission, about.authentic),
    submission,
    digest: requestDigest(submission.operation),
    startedMs: null,
    waiters: new Set(),
  };
}

/** What the store keeps of a flight: all it takes to ask again, or what everybody was told. */
export function recordOf({ submission, takenAtMs }: Flight, answer: string | null): KeptRequest {
  const { requestId, bodyDigest, operation, asked } = submission;
  const pending = answer === null;
  return {
    requestId,
    bodyDigest,
    takenAtMs,
    operation: pending ? operation : new Uint8Array(),
    asked: pending && asked !== undefined ? JSON.stringify(asked) : '',
    answer,
  };
}

/** The flight of a request that was taken before a restart; it arrives anew. */
export function resumedFlight(kept: KeptRequest, arrivedMs: number): Flight {
  const { requestId, bodyDigest, operation, asked, takenAtMs } = kept;
  const wishes = asked === '' ? undefined : JSON.parse(asked);
  const submission = { requestId, bodyDigest, operation, asked: wishes };
  return makeFlight(submission, { authentic: true, takenAtMs, arrivedMs, kept: true });
}

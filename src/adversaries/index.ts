/**
 * Adversaries (floor 2): villains as replicas around a replica. This door is what other programs
 * import (`hypermesh/adversary`) to write one of their own; inside this one, files are named
 * directly. The room's invariants stand at the top of `behaviours.ts`.
 *
 * A behaviour takes the honest replica and gives back the villain: usually `around(honest, …)` with
 * the little that differs. It holds one key, its own: {@link sign} is all the forging there is.
 */
export type { Evidence, EvidenceType } from '../pbft/evidence.ts';
export type { Envelope, Message, MessageOf, Operation, Statement } from '../pbft/messages.ts';
export { maxFaulty, quorum, weakQuorum } from '../pbft/quorum.ts';
export type { Behaviour, Effect, Input, Parameters, Replica } from '../pbft/replica.ts';
export { around, type Override, peersOf, type Send, sendEach, sign, speaks } from './around.ts';
export { behaviours, type MakeBehaviour, type VillainName } from './behaviours.ts';
export type { AdversaryKit } from './kit.ts';

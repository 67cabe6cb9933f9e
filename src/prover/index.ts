/**
 * The requester's own node: enrolled on the ledger with a plot and a stake, attested once an epoch,
 * and able to make the four proofs for what it asks.
 *
 * Floor 4. Synchronous, with callbacks: the same node asks in virtual time and for real.
 *
 * Invariants:
 * - A sequence number is used once, also across restarts ({@link Sequence}).
 * - Operations are sent again as the same bytes: the ledger executes them once.
 * - Only a certified answer teaches it anything: beacon, price of work, standing of its plot.
 */
export * from './enrolment.ts';
export * from './healing.ts';
export * from './node-prover.ts';
export * from './request-batcher.ts';
export { Sequence } from './sequence.ts';
export * from './shared-prover.ts';

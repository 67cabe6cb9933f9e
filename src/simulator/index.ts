/**
 * The simulator: a whole cluster with its clients in virtual time. Floor 7. This door is what other
 * programs import (`hypermesh/simulator`); inside this one, files are named directly.
 *
 * Invariants
 *
 * - One scenario and one seed are one run, on every machine: its `traceDigest` says so.
 * - Real replicas, ledger, proofs and clients; simulated are time, network, disk and, where the
 *   scenario says `signatures: ideal`, the signatures.
 * - A {@link Checker} only reads. It sees what correct replicas do, as it happens.
 */
export type { RunResult, Violation } from '../scenario/result.ts';
export type { RunHooks, RunOutput } from '../scenario/run.ts';
export type { Scenario } from '../scenario/scenario.ts';
export type { RunEvent } from '../scenario/trace.ts';
export type { Checker, Finding } from './checkers/checker.ts';
export {
  type OwnAdversary,
  readScenario,
  ScenarioError,
  type SimulateOptions,
  simulate,
} from './simulate.ts';

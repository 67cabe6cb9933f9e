import type { RunResult } from './result.ts';
import type { Scenario } from './scenario.ts';
import type { RunEvent } from './trace.ts';

/** How far a run has come. Times count from its start, virtual or real. */
export interface Progress {
  readonly atMs: number;
  /** Requests with a certified answer, of `requests` in all. */
  readonly answered: number;
  readonly requests: number;
}

/** What a caller may hang into a run. Hooks only watch: no hook changes what happens. */
export interface RunHooks {
  readonly onEvent?: (event: RunEvent) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** Aborted: stop soon and cleanly, and return a result marked `partial`. */
  readonly signal?: AbortSignal;
}

/** One certificate a run issued, and what a stranger needs to check it offline. */
export interface IssuedCertificate {
  /** Lower-case hex. */
  readonly serial: string;
  readonly pem: string;
  /** The result certificate, as `proofs/<serial>.json` holds it. */
  readonly proofJson: string;
}

export interface Artefacts {
  readonly caPem: string;
  readonly validatorsJson: string;
  readonly certificates: readonly IssuedCertificate[];
}

export interface RunOutput {
  readonly result: RunResult;
  readonly artefacts: Artefacts;
}

/** Runs one scenario to its end, in virtual time or on real processes. */
export type RunScenario = (scenario: Scenario, hooks: RunHooks) => Promise<RunOutput>;

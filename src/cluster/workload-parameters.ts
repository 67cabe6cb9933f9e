import type { SignatureScheme } from '../base/signature.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { Deployment } from '../scenario/deployment.ts';
import { genesisFor, type ProofScale, proofDemands } from '../scenario/proof-demands.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { workloadGenesis } from '../workload/identity.ts';
import type { WorkloadParameters } from '../workload/parameters.ts';

/** The localhost profile in full; more would keep one machine busy for all its clients. */
const scale: ProofScale = { labels: 32_768, computeBits: 14 };

/** What the clients of a scenario ask for, in the workload's terms. */
export function workloadParameters(scenario: Scenario): WorkloadParameters {
  const { kind: _, ...asked } = scenario.workload;
  const demands = proofDemands(scenario, scale);
  return { ...asked, ...demands };
}

/** Where the cluster's ledger begins. `startMs`: agreed time before the first batch. */
export function genesisOf(
  scenario: Scenario,
  deployment: Deployment,
  scheme: SignatureScheme,
  startMs: number,
): Genesis {
  const hostile = scenario.hostileClients?.length ?? 0;
  const people = { ...workloadParameters(scenario), hostile };
  const { accounts } = workloadGenesis(people, scenario.seed, scheme, startMs);
  return genesisFor(deployment, proofDemands(scenario, scale), accounts, startMs);
}

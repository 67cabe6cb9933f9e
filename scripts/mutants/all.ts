import { ballotMutants } from './ballots.ts';
import { checkpointMutants } from './checkpoints.ts';
import { complaintMutants } from './complaints.ts';
import { countingMutants } from './counting.ts';
import { edgeMutants } from './edges.ts';
import { evidenceMutants } from './evidence.ts';
import { gatheringMutants } from './gathering.ts';
import type { Mutant } from './mutant.ts';
import { normalCaseMutants } from './normal-case.ts';
import { recoveryMutants } from './recovery.ts';
import { viewChangeMutants } from './view-changes.ts';

/** Every bug that `npm run mutants` plants. */
export const allMutants: readonly Mutant[] = [
  ...normalCaseMutants,
  ...gatheringMutants,
  ...countingMutants,
  ...ballotMutants,
  ...checkpointMutants,
  ...viewChangeMutants,
  ...complaintMutants,
  ...recoveryMutants,
  ...evidenceMutants,
  ...edgeMutants,
];

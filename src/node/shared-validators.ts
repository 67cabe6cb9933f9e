import { equalBytes } from '../base/bytes.ts';
import type { ValidatorSet } from '../pbft/replica.ts';

/** Sets remembered: those of the clusters that one process runs at a time. */
const maxSets = 64;
const shared = new Map<string, ValidatorSet>();

/**
 * The one object for equal validator sets. A verifier remembers its verdicts by the set, so nodes
 * of one process (the simulator's) that share the object verify each vote once.
 */
export function sharedValidators(set: ValidatorSet): ValidatorSet {
  const known = shared.get(set.chainId);
  if (known !== undefined && sameSet(known, set)) return known;
  shared.delete(set.chainId);
  shared.set(set.chainId, set);
  const oldest = shared.keys().next().value;
  if (shared.size > maxSets && oldest !== undefined) shared.delete(oldest);
  return set;
}

function sameSet(a: ValidatorSet, b: ValidatorSet): boolean {
  if (a.epoch !== b.epoch || a.publicKeys.length !== b.publicKeys.length) return false;
  return a.publicKeys.every((key, i) => equalBytes(key, b.publicKeys[i] as Uint8Array));
}

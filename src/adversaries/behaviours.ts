/**
 * Adversaries (floor 2): villains as replicas around a replica. One file each; its header says in a
 * sentence what the villain may and may not do. The invariants of the room:
 *
 * - A villain holds its own key only ({@link AdversaryKit}); loss, delay of links and clocks
 *   belong to the network model, never to a behaviour.
 * - Pure and synchronous: chance comes seeded, time with each step. The same villain runs in
 *   virtual time and as a live process.
 * - What it adds is bounded: rates by {@link Allowance}, memory by {@link Recent}.
 */
import type { Behaviour } from '../pbft/replica.ts';
import { censor } from './censor.ts';
import { collude } from './collude.ts';
import { corruptDigest } from './corrupt-digest.ts';
import { delay } from './delay.ts';
import { discreet } from './discreet.ts';
import { divergentResult } from './divergent-result.ts';
import { equivocate } from './equivocate.ts';
import { flood } from './flood.ts';
import { forgeProof } from './forge-proof.ts';
import type { AdversaryKit } from './kit.ts';
import { lieInStateTransfer } from './lie-in-state-transfer.ts';
import { lieInViewChange } from './lie-in-view-change.ts';
import { mutate } from './mutate.ts';
import { rejectValid } from './reject-valid.ts';
import { replay } from './replay.ts';
import { silent } from './silent.ts';
import { skewTimestamp } from './skew-timestamp.ts';
import { slander } from './slander.ts';
import { sometimes } from './sometimes.ts';
import { staleView } from './stale-view.ts';
import { twins } from './twins.ts';
import { withholdCommits } from './withhold-commits.ts';
import { withholdPrePrepares } from './withhold-pre-prepares.ts';

export type MakeBehaviour = (kit: AdversaryKit) => Behaviour;

const villains = {
  silent,
  delay,
  equivocate,
  withholdCommits,
  withholdPrePrepares,
  censor,
  corruptDigest,
  forgeProof,
  rejectValid,
  divergentResult,
  replay,
  flood,
  staleView,
  lieInViewChange,
  lieInStateTransfer,
  skewTimestamp,
  twins,
  collude,
  mutate,
  slander,
} satisfies Record<string, MakeBehaviour>;

export type VillainName = keyof typeof villains;

export const villainNames = Object.keys(villains) as readonly VillainName[];

/** Every behaviour a scenario can name. */
export const behaviours = Object.fromEntries(
  villainNames.map((name) => [name, (kit) => discreet(kit, sometimes(kit, villains[name](kit)))]),
) as Record<VillainName, MakeBehaviour>;

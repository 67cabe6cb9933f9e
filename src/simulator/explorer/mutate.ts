import type { Random } from '../../base/random.ts';
import { maxFaulty } from '../../pbft/quorum.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { disksLost, drawBehaviour, drawFault, inTime, legal } from './draw.ts';

const maxEvents = 16;
/** Enough for a second checkpoint when each request is a batch of its own. */
const maxRequests = 40;

/** A scenario that went new ways, and the moments of its run where a fault would hurt. */
export interface Parent {
  readonly scenario: Scenario;
  readonly milestonesUs: readonly number[];
}

/**
 * The parent with one thing changed, most often a fault added at one of its milestones: a crash
 * between persist and send, a cut as the view changes. Until that fault its run is the parent's.
 */
export function mutate(random: Random, parent: Parent, seed: number): Scenario {
  return inTime(changed(random, parent, seed));
}

function changed(random: Random, { scenario, milestonesUs }: Parent, seed: number): Scenario {
  const child = { ...scenario, name: `explored-${seed}` };
  const n = child.replicas.voting;
  switch (
    random.pick(['fault', 'fault', 'fault', 'drop', 'seed', 'villain', 'requests'] as const)
  ) {
    case 'fault': {
      const milestoneUs = milestonesUs.length === 0 ? 0 : random.pick(milestonesUs);
      // Just after, on the far side of a disk sync, or within a message's flight.
      const atMs = (milestoneUs + random.pick([1, 1, 300, 1_000, 5_000])) / 1000;
      const processes = n + child.replicas.standby;
      const mayLoseDisk = disksLost(child).size < maxFaulty(n);
      const fault = drawFault(random, processes, atMs, mayLoseDisk);
      const timeline = legal([...child.timeline, ...fault]).slice(0, maxEvents);
      return { ...child, timeline: legal(timeline) };
    }
    case 'drop': {
      const at = random.below(Math.max(1, child.timeline.length));
      return { ...child, timeline: legal(child.timeline.filter((_, i) => i !== at)) };
    }
    case 'seed':
      return { ...child, seed };
    case 'villain': {
      if (child.adversaries.length === 0) return { ...child, seed };
      const at = random.below(child.adversaries.length);
      const behaviour = drawBehaviour(random);
      const adversaries = child.adversaries.map((adversary, i) =>
        i === at ? { ...adversary, behaviour } : adversary,
      );
      return { ...child, adversaries };
    }
    case 'requests': {
      const requests = Math.min(maxRequests, child.workload.requests * 2 + 1);
      return { ...child, workload: { ...child.workload, requests } };
    }
  }
}

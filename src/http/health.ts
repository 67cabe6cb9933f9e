import { type NodeStatus, seesQuorum, usefulMembers } from '../node/status.ts';
import type { Depths } from './node-metrics.ts';

export type Health = 'healthy' | 'degraded' | 'unhealthy';

/**
 * `unhealthy`: no quorum in sight, or this node's own disk failed: it can answer nobody.
 * `degraded`: it answers, but somebody is missing, suspected or recovering, or the view changes.
 */
export function healthOf(status: NodeStatus): Health {
  if (!seesQuorum(status)) return 'unhealthy';
  const { n, active, recovering, fetchingState, members } = status;
  const allTrusted = members.every(({ standing }) => standing === 'trusted');
  const whole = usefulMembers(status) === n && allTrusted;
  return whole && active && !recovering && !fetchingState ? 'healthy' : 'degraded';
}

/** Who is missing or not trusted, and a view that is not there yet: what makes it `degraded`. */
export function memberProblems({ members, active, view }: NodeStatus): readonly string[] {
  const problems = active ? [] : [`view: changing to view ${view}`];
  for (const { replica, reachable, standing } of members) {
    if (standing !== 'trusted') problems.push(`replica ${replica}: ${standing}`);
    if (!reachable) problems.push(`replica ${replica}: not reachable`);
  }
  return problems;
}

/** One thing that must be so before a node should be sent requests. */
export interface Check {
  readonly ok: boolean;
  /** What was measured. */
  readonly detail: string;
}

export interface Readiness {
  readonly status: NodeStatus;
  readonly storeFailed: boolean;
  readonly draining: boolean;
  readonly depths: Depths;
  readonly maxQueued: number;
}

export function readinessChecks(readiness: Readiness): Readonly<Record<string, Check>> {
  const { status, storeFailed, draining, depths, maxQueued } = readiness;
  const { recovering, fetchingState, active, view, failure } = status;
  return {
    quorum: {
      ok: seesQuorum(status),
      detail: `${usefulMembers(status)} of ${status.n} reachable, ${status.quorum} needed`,
    },
    journal: {
      ok: failure === null,
      detail: failure === null ? 'written' : `${failure}: this node votes no more`,
    },
    answer_store: { ok: !storeFailed, detail: storeFailed ? 'a write failed' : 'written' },
    state: {
      ok: !recovering && !fetchingState,
      detail: recovering ? 'disk lost' : fetchingState ? 'fetching' : `sequence ${status.sequence}`,
    },
    // For information, always good: a view change is over by itself, and answers wait for it.
    view: { ok: true, detail: active ? `view ${view}` : `changing to view ${view}` },
    queue: {
      ok: depths.queued < maxQueued,
      detail: `${depths.queued} of ${maxQueued} waiting`,
    },
    accepting: { ok: !draining, detail: draining ? 'draining' : 'open' },
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const faultKinds = ['terminate', 'kill', 'freezePrimary'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Longer than the request timer, so that a frozen primary is replaced. */
const frozenMs = 4_000;

/** A running cluster, as its first line tells: data directory and the addresses of its nodes. */
export interface Ground {
  readonly data: string;
  readonly nodes: readonly string[];
}

/** The process of a node; null while it is on its way down or up. */
export function pidOf({ data }: Ground, node: number): number | null {
  try {
    return Number(readFileSync(join(data, `node-${node}`, 'pid'), 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Does it to the `i`-th node in turn, or to the primary of the moment; false when that process
 * was not there. `terminate` and `kill` leave the new start to the supervisor.
 */
export async function inflict(kind: FaultKind, i: number, ground: Ground): Promise<boolean> {
  const node = kind === 'freezePrimary' ? await primaryOf(ground) : i % ground.nodes.length;
  const pid = node === null ? null : pidOf(ground, node);
  if (pid === null) return false;
  if (kind !== 'freezePrimary') return signalled(pid, kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
  if (!signalled(pid, 'SIGSTOP')) return false;
  await sleep(frozenMs);
  return signalled(pid, 'SIGCONT');
}

function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it ended between the two looks
  }
}

/** The primary of the newest view that any node is in; null when none answers. */
async function primaryOf({ nodes }: Ground): Promise<number | null> {
  const views = await Promise.all(
    nodes.map(async (node) => {
      try {
        const signal = AbortSignal.timeout(1_000);
        const answer = await fetch(`${node}/consensus/health`, { signal });
        return ((await answer.json()) as { view: number }).view;
      } catch {
        return null;
      }
    }),
  );
  const newest = Math.max(...views.map((view) => view ?? -1));
  return newest < 0 ? null : newest % nodes.length;
}

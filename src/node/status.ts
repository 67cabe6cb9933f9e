import type { Standing } from '../faults/standing.ts';
import { maxFaulty, quorum } from '../pbft/quorum.ts';
import { follows } from '../runtime/seat.ts';
import type { NodeCounts, NodeWatch } from './node-watch.ts';
import type { NodeVitals } from './vitals.ts';

export interface MemberStatus {
  readonly replica: number;
  readonly process: number;
  readonly publicKey: Uint8Array;
  readonly standing: Standing;
  /** Linked and heard of late; this node itself always is. */
  readonly reachable: boolean;
}

/** How a node and, as it sees it, its cluster are: measured at the moment it was asked. */
export interface NodeStatus {
  readonly publicKey: Uint8Array;
  readonly process: number;
  readonly role: 'voting' | 'standby';
  readonly epoch: number;
  readonly n: number;
  readonly f: number;
  readonly quorum: number;
  readonly view: number;
  /** False while the view changes. */
  readonly active: boolean;
  /** Process of the primary of this view. */
  readonly primary: number;
  readonly sequence: number;
  readonly stableCheckpoint: number;
  readonly logWindow: number;
  readonly members: readonly MemberStatus[];
  readonly standbys: readonly Uint8Array[];
  /** Keys of those convicted, by the committed state, since the cluster began. */
  readonly convicted: readonly Uint8Array[];
  /** Members of this epoch that this node holds evidence against, or the state isolates. */
  readonly byzantine: number;
  readonly recovery: 'isolated' | 'standby_promoted' | null;
  readonly recovering: boolean;
  readonly fetchingState: boolean;
  /** What the disk said when the journal failed: this node votes no more. Null: it has not. */
  readonly failure: string | null;
  readonly pendingRequests: number;
  readonly pendingBytes: number;
  readonly computeBits: number;
  readonly beaconEpoch: number;
  readonly staticChecks: { readonly hits: number; readonly misses: number };
  readonly counts: NodeCounts;
  readonly uptimeMs: number;
}

/** Where the status comes from. `linked`: whether a link to a process is up; absent: heard is. */
export interface StatusSources {
  readonly vitals: NodeVitals;
  readonly watch: NodeWatch;
  /** Of all participants: validators of epoch 0, then standbys. */
  readonly publicKeys: readonly Uint8Array[];
  readonly process: number;
  readonly linked?: (process: number) => boolean;
}

export function statusOf(sources: StatusSources): NodeStatus {
  const { vitals, watch, publicKeys, process } = sources;
  const { epoch, view, membership, isolated } = vitals;
  const { processes, court } = epoch;
  const n = court.validators.publicKeys.length;
  const keyOf = (other: number) => publicKeys[other] ?? new Uint8Array();
  const members = court.validators.publicKeys.map((publicKey, replica) => {
    const behind = processes[replica] ?? replica;
    return {
      replica,
      process: behind,
      publicKey,
      standing: standingOf(sources, replica, behind),
      reachable: reaches(sources, behind),
    };
  });
  const guilty = new Set([
    ...isolated.map((replica) => processes[replica] ?? replica),
    ...watch.accused,
  ]);
  return {
    publicKey: keyOf(process),
    process,
    role: follows(epoch) ? 'standby' : 'voting',
    epoch: epoch.epoch,
    n,
    f: maxFaulty(n),
    quorum: quorum(n),
    view,
    active: vitals.active,
    primary: processes[view % n] ?? view % n,
    sequence: vitals.executed,
    stableCheckpoint: vitals.stableCheckpoint,
    logWindow: court.parameters.logWindow,
    members,
    standbys: membership.standbys,
    convicted: watch.convicted.map(keyOf),
    byzantine: guilty.size,
    recovery: watch.recovery,
    recovering: vitals.recovering,
    fetchingState: vitals.fetchingState,
    failure: watch.failure,
    pendingRequests: vitals.pendingRequests,
    pendingBytes: vitals.pendingBytes,
    computeBits: vitals.computeBits,
    beaconEpoch: vitals.beaconEpoch,
    staticChecks: vitals.staticChecks,
    counts: watch.counts,
    uptimeMs: watch.uptimeMs,
  };
}

function reaches({ vitals, watch, process, linked }: StatusSources, other: number): boolean {
  if (other === process) return true;
  const up = linked?.(other) ?? true;
  // One who only follows is spoken to by few: its links are all it can go by.
  return up && ((follows(vitals.epoch) && linked !== undefined) || watch.hears(other));
}

/** What the state decided goes before what this node thinks. */
function standingOf({ vitals, process }: StatusSources, replica: number, behind: number): Standing {
  if (vitals.isolated.includes(replica)) return 'isolated';
  if (behind !== process) return vitals.standings?.dossiers[replica]?.standing ?? 'trusted';
  return vitals.recovering || vitals.fetchingState ? 'recovering' : 'trusted';
}

/** Members that can be reached, and are not known to lie: what a quorum could be made of. */
export function usefulMembers({ members }: NodeStatus): number {
  return members.filter(({ reachable, standing }) => reachable && standing !== 'isolated').length;
}

/** Whether a quorum could answer now, by what this node sees of the others. */
export function seesQuorum(status: NodeStatus): boolean {
  return status.failure === null && usefulMembers(status) >= status.quorum;
}

import type { LivePicture, LiveReplica } from '../../../daemon/live.ts';

/** A replica's place and look in a drawing of 400 by 340. */
export interface RingDot {
  readonly replica: number;
  readonly x: number;
  readonly y: number;
  readonly look: 'up' | 'primary' | 'troubled' | 'down';
  readonly view: number | null;
  readonly sequence: number | null;
}

export interface RingLine {
  readonly from: number;
  readonly to: number;
  readonly cut: boolean;
}

/** All links are drawn up to this size; beyond it only those that are cut. */
const maxMesh = 16;

/** Replicas on a circle, the first on top, with the links between them. */
export function ringOf({ replicas }: LivePicture): {
  readonly dots: readonly RingDot[];
  readonly lines: readonly RingLine[];
} {
  const dots = replicas.map((replica, i): RingDot => {
    const angle = (2 * Math.PI * i) / replicas.length - Math.PI / 2;
    return {
      replica: replica.replica,
      x: Math.round(200 + 130 * Math.cos(angle)),
      y: Math.round(160 + 112 * Math.sin(angle)),
      look: lookOf(replica),
      view: replica.said?.view ?? null,
      sequence: replica.said?.sequence ?? null,
    };
  });
  const lines: RingLine[] = [];
  for (const [i, a] of replicas.entries()) {
    for (const [j, b] of replicas.entries()) {
      if (j <= i) continue;
      const cut = a.cutOff.includes(b.replica) || b.cutOff.includes(a.replica);
      if (cut || (isUp(a) && isUp(b) && replicas.length <= maxMesh)) {
        lines.push({ from: i, to: j, cut });
      }
    }
  }
  return { dots, lines };
}

function isUp({ state }: LiveReplica): boolean {
  return state === 'up';
}

function lookOf({ state, said }: LiveReplica): RingDot['look'] {
  if (state === 'down' || said?.standing === 'isolated') return 'down';
  if (state !== 'up' || said === null || said.standing !== 'trusted') return 'troubled';
  return said.isPrimary ? 'primary' : 'up';
}

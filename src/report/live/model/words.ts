import type { LivePicture, LiveReplica } from '../../../daemon/live.ts';

/** How the cluster is, in one word and one sentence. */
export interface Health {
  readonly word: 'healthy' | 'degraded' | 'no quorum';
  readonly sentence: string;
}

/** A replica that can take part in decisions, as far as it says itself. */
export function takesPart({ state, said, cutOff }: LiveReplica, n: number): boolean {
  if (state !== 'up' || said === null) return false;
  return said.standing !== 'isolated' && cutOff.length < n - 1;
}

export function healthOf({ cluster, replicas }: LivePicture): Health {
  const voting = replicas.slice(0, cluster.n).filter((replica) => takesPart(replica, cluster.n));
  const count = voting.length;
  const needed = `${cluster.quorum} are needed`;
  if (count < cluster.quorum) {
    const sentence = `${count} of ${cluster.n} replicas take part, ${needed}: nothing is decided.`;
    return { word: 'no quorum', sentence };
  }
  const spare = count - cluster.quorum;
  const more = spare === 0 ? 'none more may fail' : `${spare} more may fail`;
  const sentence = `${count} of ${cluster.n} replicas take part, ${needed}: ${more}.`;
  return { word: count < cluster.n ? 'degraded' : 'healthy', sentence };
}

export function showMs(ms: number): string {
  if (ms < 10) return `${ms === 0 ? 0 : ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The time of day on the reader's clock, to a tenth of a second. */
export function showTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const tenth = Math.floor(at.getMilliseconds() / 100);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${tenth}`;
}

export function showCount(count: number): string {
  return count.toLocaleString('en-US');
}

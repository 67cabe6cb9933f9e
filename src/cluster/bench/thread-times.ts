import { readdirSync, readFileSync } from 'node:fs';

/**
 * What a process spends CPU on besides JavaScript's own thread: `checks` (worker threads), `engine`
 * (V8's: compiling, collecting garbage), `disk` (libuv's: the journal); `other` is what has no name
 * known here, as on a Node that names no threads.
 */
export const threadKinds = ['main', 'checks', 'engine', 'disk', 'other'] as const;
export type ThreadKind = (typeof threadKinds)[number];
/** CPU milliseconds since each thread began, in user and kernel mode. */
export type ThreadTimes = Readonly<Record<ThreadKind, number>>;

const kinds: Readonly<Record<string, ThreadKind>> = {
  WorkerThread: 'checks',
  V8Worker: 'engine',
  DelayedTaskSche: 'engine',
  'libuv-worker': 'disk',
};

export const noThreadTimes: ThreadTimes = { main: 0, checks: 0, engine: 0, disk: 0, other: 0 };

/** Of this process; all zero where the system does not tell (it is Linux that does). */
export function threadTimes(directory = '/proc/self/task', pid = process.pid): ThreadTimes {
  const times = { ...noThreadTimes };
  for (const thread of threadsIn(directory)) {
    const path = `${directory}/${thread}`;
    try {
      const kind = kinds[readFileSync(`${path}/comm`, 'utf8').trim()] ?? 'other';
      // Nanoseconds on a core, nanoseconds in the queue for one, turns.
      const [onCoreNs] = readFileSync(`${path}/schedstat`, 'utf8').split(' ');
      times[thread === `${pid}` ? 'main' : kind] += Number(onCoreNs) / 1e6;
    } catch {
      // It ended meanwhile.
    }
  }
  return times;
}

function threadsIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

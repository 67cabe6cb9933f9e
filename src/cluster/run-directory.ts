import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary directory that does not outlive its run, however the run ends. */
export interface RunDirectory {
  readonly path: string;
  /** Makes the directory of one replica, or finds it there. */
  replicaDirectory(replica: number): Promise<string>;
  /** Throws away what the replica has on disk. */
  loseDisk(replica: number): Promise<void>;
  /** Changes a bit in the middle of the largest file of its journal. */
  damageDisk(replica: number): Promise<void>;
  remove(): Promise<void>;
}

const removal = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;

export async function createRunDirectory(): Promise<RunDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'hypermesh-'));
  // For a process that is made to exit in the middle of a run: a second Ctrl-C, a crash.
  const onExit = () => rmSync(path, removal);
  process.on('exit', onExit);
  const pathOf = (replica: number) => join(path, `replica-${replica}`);
  return {
    path,
    async replicaDirectory(replica) {
      await mkdir(pathOf(replica), { recursive: true });
      return pathOf(replica);
    },
    loseDisk: (replica) => rm(pathOf(replica), removal),
    damageDisk: (replica) => damageIn(join(pathOf(replica), 'journal')),
    async remove() {
      await rm(path, removal);
      process.off('exit', onExit);
    },
  };
}

async function damageIn(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => ({ name, sizeBytes: (await stat(join(directory, name))).size })),
  );
  const largest = files.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a), noFile);
  if (largest.sizeBytes === 0) return; // nothing was written yet
  const path = join(directory, largest.name);
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 0x10;
  await writeFile(path, bytes);
}

const noFile = { name: '', sizeBytes: 0 };

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function mount(directory: string, sizeMiB: number) {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', directory]);
}

function unmount(directory: string): void {
  execFileSync('umount', ['--lazy', directory]);
}

/** Whether this process may mount file systems, which takes root and a kernel that lets it. */
export function mayMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-mount-'));
  const mounted = mount(directory, 1).status === 0;
  if (mounted) unmount(directory);
  rmSync(directory, { recursive: true });
  return mounted;
}

/** A file system in memory, of few mebibytes, in the place of a directory and with its content. */
export class SmallDisk {
  private readonly directory: string;

  constructor(directory: string, sizeMiB: number) {
    const copy = mkdtempSync(join(tmpdir(), 'hypermesh-mount-'));
    cpSync(directory, copy, { recursive: true });
    const { status, stderr } = mount(directory, sizeMiB);
    if (status !== 0) throw new Error(`mount: ${stderr}`);
    cpSync(copy, directory, { recursive: true });
    rmSync(copy, { recursive: true });
    this.directory = directory;
  }

  /** Not a byte is left. */
  fill(): void {
    for (const blockBytes of [1024 * 1024, 1]) {
      try {
        for (;;) writeFileSync(this.ballast, new Uint8Array(blockBytes), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  makeRoom(): void {
    rmSync(this.ballast);
  }

  /** With all that is on it. */
  remove(): void {
    unmount(this.directory);
  }

  private get ballast(): string {
    return join(this.directory, 'ballast');
  }
}

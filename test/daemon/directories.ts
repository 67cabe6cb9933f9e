import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the test's own, gone when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-daemon-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** A directory for several tests; `remove` is theirs to call. */
export function suiteDirectory(): { readonly path: string; readonly remove: () => void } {
  const parent = mkdtempSync(join(tmpdir(), 'hypermesh-daemon-'));
  const remove = () => rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  return { path: join(parent, 'cluster'), remove };
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** Relative to the root of the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** What is wrong where, and what to do instead. */
export interface Complaint {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Every `.ts` and `.js` file under `rooms` of the checkout at `root`, in path order. */
export function readTree(root: string, rooms: readonly string[]): readonly SourceFile[] {
  const files: SourceFile[] = [];
  for (const room of rooms) {
    const entries = readdirSync(join(root, room), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || !/\.(ts|js)$/.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(root.length + 1).replaceAll('\\', '/');
      files.push({ path, text: readFileSync(file, 'utf8') });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Prints complaints, one a line as `path:line: message`, and returns the exit code. */
export function conclude(name: string, complaints: readonly Complaint[]): number {
  for (const { path, line, message } of complaints) {
    process.stderr.write(`${path}:${line}: ${message}\n`);
  }
  process.stderr.write(
    complaints.length === 0 ? `${name}: fine\n` : `${name}: ${complaints.length} complaints\n`,
  );
  return complaints.length === 0 ? 0 : 1;
}
